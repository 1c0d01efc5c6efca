#!/usr/bin/env bash
# go_test.sh ENV MANIFEST MODULE TOOLS [go test arguments]: go vet, staticcheck and go test on the staged module; writes Bazel's test.xml.
set -euo pipefail
root=$PWD
# shellcheck source=/dev/null
source "$1"
# shellcheck source=stage.sh
source "$root/rules/stage.sh"
manifest=$2 module=$3 tools=$root/$4
shift 4
go_environment
tree=$(mktemp -d "$(egi_cache)/stage/go.XXXXXX")
trap 'rm -rf "$tree"' EXIT
stage "$manifest" "$tree"
cd "$tree/$module"
export EGI_RUNFILES=$root
bad=0
go vet ./... || bad=1
"$tools/staticcheck" ./... || bad=1
"$tools/gotestsum" --format standard-quiet --junitfile "${XML_OUTPUT_FILE:-/dev/null}" -- "$@" ./... || bad=1
exit "$bad"
