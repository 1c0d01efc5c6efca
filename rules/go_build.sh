#!/usr/bin/env bash
# go_build.sh ENV MANIFEST MODULE OUT PACKAGE...: builds packages of the staged module; OUT is a file, or a folder when it ends in /.
set -euo pipefail
root=$PWD
# shellcheck source=/dev/null
source "$1"
# shellcheck source=stage.sh
source "$root/rules/stage.sh"
manifest=$2 module=$3 out=$4
shift 4
go_environment
tree=$(mktemp -d "$(egi_cache)/stage/go.XXXXXX")
trap 'rm -rf "$tree"' EXIT
stage "$manifest" "$tree"
cd "$tree/$module"
[[ $out != */ ]] || mkdir -p "$root/$out"
CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o "$root/$out" "$@"
