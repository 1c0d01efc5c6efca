#!/bin/sh
# Generates the Go code of the protos and the OpenAPI 2 description into gateway/gen (git-ignored).
# Bazel runs the same commands through //rules:go.bzl; this script serves `go build`, `go test` and editors.
set -eu
cd "$(dirname "$0")"
bin=$(mktemp -d)
trap 'rm -rf "$bin"' EXIT
GOBIN="$bin" go install tool
rm -rf gen
mkdir -p gen/openapi
genproto=google.golang.org/genproto/googleapis
types=Mgoogle/api/annotations.proto=$genproto/api/annotations,Mgoogle/api/http.proto=$genproto/api/annotations,Mgoogle/rpc/status.proto=$genproto/rpc/status
protoc -I ../protos -I /usr/include -I /usr/share/gocode/src/github.com/gogo/googleapis \
  --plugin=protoc-gen-go="$bin/protoc-gen-go" \
  --plugin=protoc-gen-go-grpc="$bin/protoc-gen-go-grpc" \
  --plugin=protoc-gen-grpc-gateway="$bin/protoc-gen-grpc-gateway" \
  --plugin=protoc-gen-openapiv2="$bin/protoc-gen-openapiv2" \
  --go_out=gen --go_opt=module=egi/gateway/gen,$types \
  --go-grpc_out=gen --go-grpc_opt=module=egi/gateway/gen,$types \
  --grpc-gateway_out=gen --grpc-gateway_opt=module=egi/gateway/gen,$types \
  --openapiv2_out=gen/openapi \
  --openapiv2_opt=allow_merge=true,merge_file_name=egi,json_names_for_fields=false,$types \
  $(cd ../protos && find egi -name '*.proto' | sort)
