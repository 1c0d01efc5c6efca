# ./egi bench: the load programs against a private platform without simulators.
# shellcheck shell=bash

command_bench() {
  local -a options=()
  while (($# > 0)); do
    case $1 in
      -h | --help)
        printf 'usage: ./egi bench [--quick] [--json]\nStarts a private platform in a temporary folder, measures it beside the raw limits of this machine, removes it.\n'
        return
        ;;
      --quick | --json) options+=("$1"); shift ;;
      *) unknown_option bench "$1" ;;
    esac
  done
  install_for_build
  build_programs
  run_bazel build //tests/load:egi-bench //tests/sockets:wsload
  private_platform bench
  EGI_DATABASE_URL=$(current_database_url) "$root/bazel-bin/tests/load/egi-bench" "${options[@]}" --server "127.0.0.1:$grpc_port" \
    --gateway "127.0.0.1:$http_port" --directory "$data" --wsload "$root/bazel-bin/tests/sockets/wsload"
}

# private_platform NAME: a platform on free ports in a temporary folder, removed when this process ends.
private_platform() {
  data=$(mktemp -d "/var/tmp/egi-$1.XXXXXX")
  chmod 755 "$data"
  trap 'remove_private_platform' EXIT
  EGI_GATEWAY_FLAGS="--ws-rate 0" "$root/egi" up --detach --no-simulators --data "$data" --port "$(free_port)" --grpc-port "$(free_port)" \
    --metrics-port 0
  use_data "$data"
}

remove_private_platform() {
  local status=$?
  "$root/egi" reset --yes --data "$data" || true
  return "$status"
}
