# Messages, failures, options and progress.
# shellcheck shell=bash

say() { printf '%s\n' "$*" >&2; }

fail() {
  say "egi: $*"
  exit 1
}

fail_usage() {
  say "egi: $*"
  exit 2
}

# option_value NAME [VALUE]: the value of an option, or a usage error.
option_value() {
  (($# >= 2)) || fail_usage "$1 needs a value"
  printf '%s' "$2"
}

unknown_option() { fail_usage "$1: unknown option '$2'; ./egi $1 --help lists the options"; }

is_port() { [[ $1 =~ ^[0-9]{1,5}$ ]] && ((10#$1 >= 1 && 10#$1 <= 65535)); }

# progress MESSAGE COMMAND...: runs a command with its output in a file; shows the seconds, and the last lines if it fails.
progress() {
  local message=$1 log started=$SECONDS told=$SECONDS pid status=0
  shift
  log=$(mktemp "${TMPDIR:-/tmp}/egi-progress.XXXXXX")
  "$@" >"$log" 2>&1 </dev/null &
  pid=$!
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.2
    if [[ -t 2 ]]; then
      printf '\r  %s ... %d s ' "$message" $((SECONDS - started)) >&2
    elif ((SECONDS - told >= 10)); then
      told=$SECONDS
      say "  $message ... $((SECONDS - started)) s"
    fi
  done
  wait "$pid" || status=$?
  [[ ! -t 2 ]] || printf '\r\033[K' >&2
  if ((status != 0)); then
    tail -n 30 "$log" >&2
    rm -f "$log"
    say "egi: $message failed (exit status $status); the lines above say why"
    return "$status"
  fi
  rm -f "$log"
  say "  $message: done ($((SECONDS - started)) s)"
}

# json_string TEXT: TEXT as a JSON string.
json_string() {
  local text=$1
  text=${text//\\/\\\\}
  text=${text//\"/\\\"}
  text=${text//$'\n'/\\n}
  text=${text//$'\t'/\\t}
  printf '"%s"' "$text"
}
