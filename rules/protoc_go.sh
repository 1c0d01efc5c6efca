#!/usr/bin/env bash
# protoc_go.sh TOOLS OUT PREFIX PROTO...: Go messages, gRPC stubs, REST handlers and one merged Swagger 2 file below OUT.
# Packages land in OUT without the leading PREFIX of their go_package; the API description is OUT/openapi/egi.swagger.json.
set -euo pipefail
tools=$1 out=$2 prefix=$3
shift 3
includes=(-I protos -I /usr/include -I /usr/share/gocode/src/github.com/gogo/googleapis)
genproto=google.golang.org/genproto/googleapis
maps=(
  "google/api/annotations.proto=$genproto/api/annotations"
  "google/api/http.proto=$genproto/api/annotations"
  "google/rpc/code.proto=$genproto/rpc/code"
  "google/rpc/error_details.proto=$genproto/rpc/errdetails"
  "google/rpc/status.proto=$genproto/rpc/status"
)
flags=()
for plugin in go go-grpc grpc-gateway; do
  flags+=("--plugin=protoc-gen-$plugin=$tools/protoc-gen-$plugin" "--${plugin}_out=$out" "--${plugin}_opt=module=$prefix")
done
flags+=("--plugin=protoc-gen-openapiv2=$tools/protoc-gen-openapiv2" "--openapiv2_out=$out/openapi")
for map in "${maps[@]}"; do
  for plugin in go go-grpc grpc-gateway openapiv2; do flags+=("--${plugin}_opt=M$map"); done
done
flags+=("--openapiv2_opt=allow_merge=true,merge_file_name=egi,json_names_for_fields=false")
mkdir -p "$out/openapi"
names=()
for proto in "$@"; do names+=("${proto#protos/}"); done
protoc "${includes[@]}" "${flags[@]}" --descriptor_set_out="$out/egi.protoset" --include_imports "${names[@]}"
