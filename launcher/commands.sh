# down, status, logs, reset.
# shellcheck shell=bash

# parse_data_option COMMAND HELP ARGUMENTS...: for commands whose only option is --data.
parse_data_option() {
  local command=$1 help=$2
  shift 2
  folder=""
  while (($# > 0)); do
    case $1 in
      -h | --help) printf '%s\n' "$help"; exit 0 ;;
      --data) folder=$(option_value "$@"); shift 2 ;;
      *) unknown_option "$command" "$1" ;;
    esac
  done
}

supervisor_is_gone() { ! is_running; }

stop_supervisor() {
  local pid
  pid=$(supervisor_pid)
  is_running && [[ -n $pid ]] || return 0
  kill -TERM "$pid" 2>/dev/null || true
  progress "stopping" wait_until 150 supervisor_is_gone
}

command_down() {
  local folder
  parse_data_option down 'usage: ./egi down [--data DIR]
Stops everything cleanly; the data stays for the next ./egi up.' "$@"
  use_data "$folder"
  require_data
  if ! is_running; then
    stop_leftovers
    say "EGI does not run in $data"
    return 0
  fi
  stop_supervisor
  say "stopped; the data stays in $data"
}

# read_state NAME: sets state, pid, restarts, started.
read_state() {
  state=stopped pid=0 restarts=0 started=0
  if is_running && [[ -r $data/run/$1.state ]]; then
    read -r state pid restarts started <"$data/run/$1.state"
  fi
}

states_line() {
  local name state pid restarts started line=""
  while read -r name; do
    read_state "$name"
    line+="$name $state"
    ((restarts == 0)) || line+=" (restarted $restarts x)"
    line+="  "
  done < <(all_components)
  printf '%s' "$line"
}

status_json() {
  local name state pid restarts started separator="" running=$1 healthy=$2 uptime
  printf '{"running":%s,"healthy":%s,"data":%s,"url":"http://127.0.0.1:%d","grpc":"127.0.0.1:%d","components":[' \
    "$running" "$healthy" "$(json_string "$data")" "$http_port" "$grpc_port"
  while read -r name; do
    read_state "$name"
    uptime=0
    [[ $state != running ]] || uptime=$(($(date +%s) - started))
    printf '%s{"name":"%s","state":"%s","pid":%d,"restarts":%d,"uptime_s":%d}' "$separator" "$name" "$state" "$pid" "$restarts" "$uptime"
    separator=,
  done < <(all_components)
  printf ']}\n'
}

status_text() {
  local name state pid restarts started uptime
  printf '%-20s %-11s %8s %9s %10s\n' component state pid restarts uptime
  while read -r name; do
    read_state "$name"
    uptime=-
    [[ $state != running ]] || uptime="$(($(date +%s) - started)) s"
    printf '%-20s %-11s %8d %9d %10s\n' "$name" "$state" "$pid" "$restarts" "$uptime"
  done < <(all_components)
  if [[ $2 == true ]]; then
    printf '\nhealthy; http://127.0.0.1:%d/ and gRPC 127.0.0.1:%d, data in %s\n' "$http_port" "$grpc_port" "$data"
  elif [[ $1 == true ]]; then
    printf '\nnot healthy yet; see ./egi logs (data in %s)\n' "$data"
  else
    printf '\nnot running; start it with ./egi up (data in %s)\n' "$data"
  fi
}

command_status() {
  local folder="" form=text running=false healthy=false
  while (($# > 0)); do
    case $1 in
      -h | --help)
        printf 'usage: ./egi status [--json] [--data DIR]\nExit status 0 when healthy, 3 when not running, 4 when running but not healthy.\n'
        return
        ;;
      --json) form=json; shift ;;
      --data) folder=$(option_value "$@"); shift 2 ;;
      *) unknown_option status "$1" ;;
    esac
  done
  use_data "$folder"
  if is_running; then running=true; fi
  if [[ $running == true ]] && is_healthy; then healthy=true; fi
  "status_$form" "$running" "$healthy"
  [[ $running == true ]] || exit 3
  [[ $healthy == true ]] || exit 4
}

command_logs() {
  local folder="" follow=no component="" files=()
  while (($# > 0)); do
    case $1 in
      -h | --help)
        printf 'usage: ./egi logs [-f] [--data DIR] [COMPONENT]\nThe last 50 lines of every log, or of one component; -f follows.\n'
        return
        ;;
      -f | --follow) follow=yes; shift ;;
      --data) folder=$(option_value "$@"); shift 2 ;;
      -*) unknown_option logs "$1" ;;
      *) component=$1; shift ;;
    esac
  done
  use_data "$folder"
  require_data
  if [[ -n $component ]]; then
    files=("$data/log/$component.log")
    [[ $component != */* && -e ${files[0]} ]] ||
      fail "no log of '$component'; there are: $(find "$data/log" -name '*.log' -printf '%f ' | sed 's/\.log//g')"
  else
    files=("$data"/log/*.log)
    [[ -e ${files[0]} ]] || fail "no logs yet in $data/log"
  fi
  if [[ $follow == yes ]]; then exec tail -n 50 -F "${files[@]}"; fi
  tail -n 50 "${files[@]}"
}

command_reset() {
  local folder="" sure=no answer=""
  while (($# > 0)); do
    case $1 in
      -h | --help)
        printf 'usage: ./egi reset [--yes] [--data DIR]\nStops EGI and deletes the data folder: database, logs, spools, keys. An external database is left as it is.\n'
        return
        ;;
      --yes) sure=yes; shift ;;
      --data) folder=$(option_value "$@"); shift 2 ;;
      *) unknown_option reset "$1" ;;
    esac
  done
  use_data "$folder"
  require_data
  if [[ $sure == no ]]; then
    [[ -t 0 ]] || fail "reset deletes everything in $data; confirm with --yes"
    read -r -p "Delete everything in $data? Type yes: " answer
    [[ $answer == yes ]] || fail "nothing was deleted"
  fi
  stop_supervisor
  stop_leftovers
  [[ -z $database_url ]] || say "the external database is left as it is"
  rm -rf "$(socket_folder)" "${data:?}"/{postgres,log,run,spool,bin,keys,egi-data}
  rmdir "$data" 2>/dev/null || true
  say "deleted the data in $data"
}
