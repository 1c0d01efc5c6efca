#!/usr/bin/env bash
# with_platform.sh COMMAND...: runs a command against a private platform without simulators, started by the launcher from the
# programs in the runfiles; EGI_BASE_URL, EGI_SERVER and EGI_DATABASE_URL tell where it is. Extra options: EGI_UP_FLAGS.
set -euo pipefail
runfiles=${EGI_RUNFILES:-$PWD}
work=$(mktemp -d /var/tmp/egi-platform.XXXXXX)
chmod 755 "$work"

gather_programs() {
  local file
  export EGI_BIN=$work/bin
  mkdir -p "$EGI_BIN"
  for file in sql/egi-migrate server/egi-server gateway/egi-gateway simulators/feeding/feeding-simulator \
    simulators/station/station-simulator simulators/lot_monitor/lot-monitor simulators/host/simulator-host clients/cli/egictl; do
    cp -L "$runfiles/$file" "$EGI_BIN/"
  done
}

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

clean_up() {
  local status=$?
  if ((status != 0)); then "$runfiles/egi" logs --data "$work/data" >&2 || true; fi
  "$runfiles/egi" reset --yes --data "$work/data" >&2 || true
  rm -rf "$work"
  exit "$status"
}

trap clean_up EXIT
[[ -n ${EGI_BIN:-} ]] || gather_programs
port=$(free_port) grpc_port=$(free_port)
read -r -a flags <<<"${EGI_UP_FLAGS:---no-simulators}"
"$runfiles/egi" up --detach --data "$work/data" --port "$port" --grpc-port "$grpc_port" --metrics-port 0 "${flags[@]}"
export EGI_BASE_URL=http://127.0.0.1:$port EGI_SERVER=127.0.0.1:$grpc_port
export EGI_DATABASE_URL="postgresql://egi@/gaveurs_db?host=$work/data/run/pg&port=5432"
"$@"
