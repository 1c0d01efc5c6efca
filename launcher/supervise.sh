# The supervisor: one background process a data folder that starts the components, restarts one that dies, and stops all.
# shellcheck shell=bash

declare -A component_pid=() component_restarts=() component_started=() component_due=()
stop_requested=no
supervisor_log_limit=$((64 * 1024 * 1024))

all_components() {
  [[ -n $database_url ]] || printf '%s\n' postgres
  printf '%s\n' server gateway
  [[ $simulators != yes ]] || printf '%s\n' simulator-host
}

# component_command NAME: sets command_line.
component_command() {
  local server=127.0.0.1:$grpc_port
  case $1 in
    postgres) postgres_command ;;
    server)
      command_line=("$data/bin/egi-server" --listen "$server" --metrics "${metrics_port:+127.0.0.1:$metrics_port}" --token_key "$data/keys/access_tokens.pem")
      [[ ! -r $data/run/egi.textproto ]] || command_line+=(--config "$data/run/egi.textproto")
      ;;
    gateway)
      read -r -a command_line <<<"$gateway_flags"
      command_line=("$data/bin/egi-gateway" --listen "127.0.0.1:$http_port" --server "$server" --simulators "127.0.0.1:$simulators_port"
        "${command_line[@]}")
      ;;
    simulator-host)
      command_line=("$data/bin/simulator-host" --listen "127.0.0.1:$simulators_port" --server "$server" --data "$data/spool/simulators" --scenario demo)
      ;;
  esac
}

log_event() { printf '%s %s\n' "$(date -u +%FT%TZ)" "$*"; }

# write_state NAME STATE: one line "STATE PID RESTARTS STARTED" that `status` reads.
write_state() {
  local file=$data/run/$1.state
  printf '%s %s %s %s\n' "$2" "${component_pid[$1]:-0}" "${component_restarts[$1]:-0}" "${component_started[$1]:-0}" >"$file.new"
  mv "$file.new" "$file"
}

start_component() {
  local name=$1 command_line prefix=()
  component_command "$name"
  if [[ $(id -u) == 0 ]]; then prefix=(setpriv "--reuid=$run_user" "--regid=$(id -g "$run_user")" --init-groups --); fi
  (
    exec 9>&-
    cd "$data"
    export HOME=$data
    [[ $name != server ]] || EGI_DATABASE_URL=$(current_database_url)
    [[ $name != server ]] || export EGI_DATABASE_URL
    exec "${prefix[@]}" "${command_line[@]}"
  ) >>"$data/log/$name.log" 2>&1 </dev/null &
  component_pid[$name]=$!
  component_started[$name]=$(date +%s)
  unset "component_due[$name]"
  printf '%s\n' "$!" >"$data/run/$name.pid"
  write_state "$name" running
  log_event "$name started, pid $!"
}

# The wait before the next start: 1 s, doubled at each early death, at most 30 s; a minute of life counts as a recovery.
backoff_seconds() {
  local restarts=$1
  ((restarts < 5)) && printf '%d' $((1 << restarts)) || printf '30'
}

note_death() {
  local name=$1 status=0 now wait_s
  { wait "${component_pid[$name]}" || status=$?; } 2>/dev/null
  now=$(date +%s)
  ((now - component_started[$name] < 60)) || component_restarts[$name]=0
  wait_s=$(backoff_seconds "${component_restarts[$name]:-0}")
  component_restarts[$name]=$((${component_restarts[$name]:-0} + 1))
  component_due[$name]=$((now + wait_s))
  component_pid[$name]=0
  write_state "$name" restarting
  log_event "$name ended with status $status; started again in $wait_s s (see $name.log)"
}

watch_components() {
  local name
  while read -r name; do
    if [[ -n ${component_due[$name]:-} ]]; then
      (($(date +%s) < component_due[$name])) || start_component "$name"
    elif ! kill -0 "${component_pid[$name]}" 2>/dev/null; then
      note_death "$name"
    fi
  done < <(all_components)
}

# A log of more than 64 MiB is moved to NAME.log.1; the writers append, so truncating is safe.
rotate_logs() {
  local file
  for file in "$data"/log/*.log; do
    (($(stat -c %s "$file") > supervisor_log_limit)) || continue
    cp "$file" "$file.1"
    : >"$file"
  done
}

# wait_until SECONDS COMMAND...: tries until the command succeeds, a stop is asked for, or the time is over.
wait_until() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    [[ $stop_requested == no ]] && ((SECONDS < deadline)) || return 1
    sleep 0.1
  done
}

stop_component() {
  local name=$1 signal=TERM pid=${component_pid[$1]:-0} deadline=$((SECONDS + 30))
  ((pid > 0)) || return 0
  [[ $name != postgres ]] || signal=INT
  kill "-$signal" "$pid" 2>/dev/null || true
  while kill -0 "$pid" 2>/dev/null; do
    if ((SECONDS >= deadline)); then
      log_event "$name did not end within 30 s and is killed"
      kill -KILL "$pid" 2>/dev/null || true
    fi
    sleep 0.1 9>&-
  done
  wait "$pid" 2>/dev/null || true
  component_pid[$name]=0
  write_state "$name" stopped
  rm -f "$data/run/$name.pid"
  log_event "$name stopped"
}

stop_all() {
  local -a names
  local i
  mapfile -t names < <(all_components)
  for ((i = ${#names[@]} - 1; i >= 0; i--)); do stop_component "${names[i]}"; done
}

migrate() {
  (
    exec 9>&-
    [[ -n $database_url ]] || create_database
    EGI_DATABASE_URL=$(current_database_url)
    export EGI_DATABASE_URL HOME=$data
    cd "$data"
    as_run_user "$data/bin/egi-migrate"
  ) >>"$data/log/migrate.log" 2>&1
}

# give_up REASON: `up` reads the reason.
give_up() {
  log_event "giving up: $1"
  printf '%s\n' "$1" >"$data/run/failure"
  stop_all
  exit 1
}

start_all() {
  local name
  if [[ -z $database_url ]]; then
    prepare_cluster >>"$data/log/postgres.log" 2>&1 || give_up "initdb failed, see $data/log/postgres.log"
    start_component postgres
  fi
  wait_until 120 postgres_accepts || give_up "the database does not answer; $(database_advice)"
  migrate || give_up "the migration failed: $(tail -n 1 "$data/log/migrate.log") (all of it is in $data/log/migrate.log)"
  while read -r name; do
    [[ $name == postgres ]] || start_component "$name"
    [[ $name != server ]] || wait_until 60 port_is_taken "$grpc_port" || log_event "the server does not listen yet"
  done < <(all_components)
}

# supervise DATA: runs until SIGTERM.
supervise() {
  local ticks=0
  use_data "$1"
  exec 9>>"$data/run/supervisor.lock"
  flock -w 5 9 || fail "a supervisor already runs in $data"
  trap 'stop_requested=yes' TERM INT
  trap '' HUP
  rm -f "$data"/run/*.state "$data/run/failure"
  printf '%s\n' "$BASHPID" >"$data/run/supervisor.pid"
  start_all
  while [[ $stop_requested == no ]]; do
    watch_components
    ((++ticks % 300 != 0)) || rotate_logs
    sleep 0.2 9>&-
  done
  log_event "stopping"
  stop_all
  rm -f "$data/run/supervisor.pid"
}
