#!/usr/bin/env bash
# Generates the Go code of the protos and the OpenAPI 2 description into gateway/gen (git-ignored), for `go build`, `go test`
# and editors; Bazel runs the same rules/protoc_go.sh with the same pinned plug-ins.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
(cd tools/go && go build -o "$tools/" tool)
rm -rf gateway/gen
mapfile -t protos < <(find protos/egi -name '*.proto' | sort)
rules/protoc_go.sh "$tools" gateway/gen egi/gateway/gen "${protos[@]}"
