# ./egi up: from a bare machine to a healthy platform.
# shellcheck shell=bash

up_usage() {
  cat <<'HELP'
usage: ./egi up [options]
Installs what is missing, builds, starts the database, the server, the gateway and the simulators, and waits until all is healthy.
Stays in the foreground until Ctrl-C, which stops everything; run again on the same data it goes on where it was.

  --detach            return as soon as everything is healthy
  --no-simulators     no simulator host: no simulated feeders, station and lot monitor
  --simulators        with them again, where an earlier up was told --no-simulators
  --data DIR          data folder (default: .egi beside this script; /var/lib/egi where user postgres cannot enter it)
  --port N            HTTP and WebSocket port of the gateway on 127.0.0.1 (default 8000)
  --grpc-port N       gRPC port of the server on 127.0.0.1 (default 50051)
  --simulators-port N gRPC port of the simulator host on 127.0.0.1 (default 10 above the gRPC port: 50061)
  --metrics-port N    Prometheus port of the server on 127.0.0.1 (default 9464, 0 = none)
  --database-url URL  an existing PostgreSQL 15 or TimescaleDB instead of the embedded one

A later up on the same data keeps the ports, the database and the choice about simulators unless it is told otherwise.
EGI_GATEWAY_FLAGS in the environment: more flags of egi-gateway, e.g. "--ws-rate 0".
HELP
}

parse_up() {
  detach=no folder="" asked_port="" asked_grpc_port="" asked_metrics_port="" asked_url="" asked_simulators="" asked_simulators_port=""
  while (($# > 0)); do
    case $1 in
      -h | --help) up_usage; exit 0 ;;
      --detach) detach=yes; shift ;;
      --no-simulators) asked_simulators=no; shift ;;
      --simulators) asked_simulators=yes; shift ;;
      --data) folder=$(option_value "$@"); shift 2 ;;
      --port) asked_port=$(option_value "$@"); shift 2 ;;
      --grpc-port) asked_grpc_port=$(option_value "$@"); shift 2 ;;
      --simulators-port) asked_simulators_port=$(option_value "$@"); shift 2 ;;
      --metrics-port) asked_metrics_port=$(option_value "$@"); shift 2 ;;
      --database-url) asked_url=$(option_value "$@"); shift 2 ;;
      *) unknown_option up "$1" ;;
    esac
  done
  [[ -z $asked_port ]] || is_port "$asked_port" || fail_usage "--port $asked_port: a port is a number from 1 to 65535"
  [[ -z $asked_grpc_port ]] || is_port "$asked_grpc_port" || fail_usage "--grpc-port $asked_grpc_port: a port is a number from 1 to 65535"
  [[ -z $asked_simulators_port ]] || is_port "$asked_simulators_port" ||
    fail_usage "--simulators-port $asked_simulators_port: a port is a number from 1 to 65535"
  [[ -z $asked_metrics_port || $asked_metrics_port == 0 ]] || is_port "$asked_metrics_port" || fail_usage "--metrics-port $asked_metrics_port: a number from 0 to 65535"
  [[ -z $asked_url || $asked_url =~ ^postgres(ql)?:// ]] || fail_usage "--database-url: expected postgresql://USER@HOST:PORT/DATABASE"
}

command_up() {
  local detach folder asked_port asked_grpc_port asked_metrics_port asked_url asked_simulators asked_simulators_port
  parse_up "$@"
  [[ -n ${EGI_BIN:-} ]] || install_for_build
  use_data "$folder"
  prepare_data
  take_up_lock
  if is_running; then
    say "EGI already runs in $data"
    print_where
    return 0
  fi
  apply_settings
  stop_leftovers
  adopt_station
  require_free_ports
  build_programs
  require_free_ports
  copy_programs "$data/bin"
  copy_configuration
  save_settings
  trap 'interrupted 130' INT TERM
  start_supervisor
  wait_healthy
  print_where
  release_up_lock
  if [[ $detach == no ]]; then stay_in_foreground; fi
}

apply_settings() {
  # What was not asked for stays as use_data found it: the settings of the last up, else the defaults.
  http_port=${asked_port:-$http_port} simulators=${asked_simulators:-$simulators}
  # Unless it was chosen, the port of the simulator host follows that of the server.
  [[ -z $asked_grpc_port || $simulators_port != "$(port_beside "$grpc_port")" ]] || simulators_port=$(port_beside "$asked_grpc_port")
  grpc_port=${asked_grpc_port:-$grpc_port} simulators_port=${asked_simulators_port:-$simulators_port}
  [[ -z $asked_metrics_port ]] || metrics_port=${asked_metrics_port#0}
  gateway_flags=${EGI_GATEWAY_FLAGS:-}
  if [[ -n $asked_url && -e $data/postgres/PG_VERSION ]]; then
    fail "$data holds an embedded database; use another --data DIR with --database-url"
  fi
  if [[ -z $asked_url && -n $database_url ]]; then
    say "continuing with the external database given to the first ./egi up in $data"
  fi
  database_url=${asked_url:-$database_url}
  [[ -z $database_url ]] || require_external_database
}

# An external database is asked before the build and before its address is saved.
require_external_database() {
  local answer
  answer=$(PGCONNECT_TIMEOUT=10 psql -X -At -d "$database_url" -c 'SELECT 1' 2>&1 >/dev/null) ||
    fail "the database of --database-url does not answer: ${answer##*$'\n'}; start it, or give its right address with --database-url"
}

# adopt_station: the station of an earlier version goes on with its numbering under the simulator host.
adopt_station() {
  [[ -d $data/spool/station && ! -e $data/spool/simulators ]] || return 0
  as_run_user mkdir "$data/spool/simulators"
  mv "$data/spool/station" "$data/spool/simulators/station-ESP32_LL_01"
}

copy_configuration() {
  rm -f "$data/run/egi.textproto"
  [[ ! -r $root/server/config/egi.textproto ]] || install -m 644 "$root/server/config/egi.textproto" "$data/run/egi.textproto"
}

# require_free_ports: before the build, which takes minutes, and again after it.
require_free_ports() {
  [[ $http_port != "$grpc_port" && $http_port != "$metrics_port" && $grpc_port != "$metrics_port" ]] ||
    fail_usage "--port $http_port, --grpc-port $grpc_port and --metrics-port ${metrics_port:-0} must differ"
  ! port_is_taken "$http_port" || fail "port $http_port is taken by another program; choose one with --port"
  ! port_is_taken "$grpc_port" || fail "port $grpc_port is taken by another program; choose one with --grpc-port"
  [[ -z $metrics_port ]] || ! port_is_taken "$metrics_port" || fail "port $metrics_port is taken by another program; choose one with --metrics-port"
  [[ $simulators != yes ]] || ! port_is_taken "$simulators_port" ||
    fail "port $simulators_port is taken by another program; choose one with --simulators-port"
}

# stop_leftovers: processes of a supervisor that was killed. Only pids whose program lies in this data folder are touched.
stop_leftovers() {
  local file pid program deadline
  for file in "$data"/run/*.pid; do
    [[ -e $file ]] || continue
    pid=$(<"$file")
    program=$(readlink "/proc/$pid/exe" 2>/dev/null) || program=""
    if [[ ${program% (deleted)} == "$data/bin/"* ]]; then
      say "stopping $(basename "$file" .pid), left over from a supervisor that was killed"
      kill "$pid" 2>/dev/null || true
      deadline=$((SECONDS + 15))
      while kill -0 "$pid" 2>/dev/null; do
        ((SECONDS < deadline)) || kill -KILL "$pid" 2>/dev/null || true
        sleep 0.1
      done
    fi
    rm -f "$file"
  done
  stop_leftover_postgres
}

start_supervisor() {
  say "data folder $data"
  rm -f "$data/run/failure"
  setsid --fork "$root/egi" __supervise "$data" >>"$data/log/supervisor.log" 2>&1 </dev/null 8>&-
}

is_healthy() { [[ $(curl -s -o /dev/null -m 2 -w '%{http_code}' "http://127.0.0.1:$http_port/health/ready") == 200 ]]; }

start_is_over() { is_healthy || [[ -e $data/run/failure ]]; }

wait_healthy() {
  if ! progress "starting, until everything is healthy" wait_until "${EGI_START_TIMEOUT:-180}" start_is_over || [[ -e $data/run/failure ]]; then
    tail -n 15 "$data/log/supervisor.log" >&2
    say "EGI did not become healthy: $(cat "$data/run/failure" 2>/dev/null || echo "/health/ready does not answer 200")"
    stop_supervisor
    fail "everything is stopped again; the logs are in $data/log (./egi logs --data $data)"
  fi
}

print_where() {
  cat >&2 <<WHERE

  live page     http://127.0.0.1:$http_port/
  REST          http://127.0.0.1:$http_port/docs
  gRPC          127.0.0.1:$grpc_port
  simulators    $([[ $simulators == yes ]] && printf 'gRPC 127.0.0.1:%d, egictl simulators' "$simulators_port" || printf 'none (--simulators starts them)')
  database      $(database_summary)
  data, logs    $data

  ./egi status, ./egi logs -f, ./egi psql, ./egi down$([[ $data == "$(readlink -m "$(default_data)")" ]] || printf '   (each with --data %s)' "$data")
WHERE
}

# interrupted STATUS: Ctrl-C or SIGTERM before or after the platform is healthy.
interrupted() {
  trap '' INT TERM
  say ""
  stop_supervisor
  say "stopped; the data stays in $data"
  exit "$1"
}

# Shows one line of states until Ctrl-C, then stops everything.
stay_in_foreground() {
  local line="" last=""
  trap 'interrupted 0' INT TERM
  say "Ctrl-C stops everything"
  while is_running; do
    line=$(states_line)
    if [[ -t 2 ]]; then
      printf '\r\033[K%s  %s' "$(date +%T)" "$line" >&2
    elif [[ $line != "$last" ]]; then
      say "$(date +%T)  $line"
    fi
    last=$line
    sleep 1 &
    wait $! || true
  done
  fail "EGI was stopped by ./egi down or ended by itself; see $data/log/supervisor.log"
}
