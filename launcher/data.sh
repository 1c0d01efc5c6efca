# The data folder: where it is, who owns it, its locks and its settings.
#
#   egi-data           marks the folder as one of EGI's
#   postgres/          the embedded cluster        bin/    copies of the programs that run
#   log/               one file a component        run/    pids, states, settings, locks
#   spool/             what simulators still have to send   keys/   the key that signs access tokens
# shellcheck shell=bash

# The user that owns the data and runs the processes: PostgreSQL refuses to run as root.
if [[ $(id -u) == 0 ]]; then run_user=postgres; else run_user=$(id -un); fi

as_run_user() {
  if [[ $(id -u) == 0 ]]; then
    setpriv --reuid="$run_user" --regid="$(id -g "$run_user")" --init-groups -- "$@"
  else
    "$@"
  fi
}

# Beside the sources where the run user can enter, else /var/lib/egi.
default_data() {
  if [[ -n ${EGI_DATA:-} ]]; then
    printf '%s' "$EGI_DATA"
  elif [[ $(id -u) != 0 ]] || { id "$run_user" >/dev/null 2>&1 && as_run_user test -x "$root"; }; then
    printf '%s/.egi' "$root"
  else
    printf '/var/lib/egi'
  fi
}

# use_data DIR: sets `data` to the absolute folder (DIR empty: the default) and reads its settings, without making anything.
use_data() {
  data=$(readlink -m "${1:-$(default_data)}")
  http_port=8000 grpc_port=50051 metrics_port=9464 database_url="" simulators=yes simulators_port="" gateway_flags=""
  # shellcheck source=/dev/null
  [[ ! -r $data/run/settings ]] || source "$data/run/settings"
  : "${simulators_port:=$(port_beside "$grpc_port")}"
}

require_data() { [[ -e $data/egi-data ]] || fail "there is no EGI data in $data; start one with ./egi up --data $data"; }

prepare_data() {
  if [[ -d $data && ! -e $data/egi-data && -n $(ls -A "$data") ]]; then
    fail "$data is not empty and not a data folder of EGI; choose another with --data"
  fi
  mkdir -p "$data"/{log,run,spool,bin,keys} || fail "cannot write to $data; choose another folder with --data"
  : >"$data/egi-data"
  if [[ $(id -u) == 0 ]]; then chown "$run_user": "$data" "$data"/{log,run,spool,keys}; fi
  chmod 750 "$data"
  chmod 700 "$data/keys"
  as_run_user test -x "$data" || fail "user $run_user cannot enter $data (a folder above it is closed); choose another with --data, e.g. /var/lib/egi"
}

save_settings() {
  local name
  (
    umask 077
    for name in http_port grpc_port metrics_port database_url simulators simulators_port gateway_flags; do printf '%s=%q\n' "$name" "${!name}"; done >"$data/run/settings"
  )
}

# The lock of `up` is descriptor 8, that of the supervisor 9; children must not inherit them.
take_up_lock() {
  exec 8>>"$data/run/up.lock"
  flock -n 8 || fail "another ./egi up is already starting EGI in $data; wait for it, or look with ./egi status"
}

release_up_lock() { exec 8>&-; }

# is_running: a supervisor holds its lock.
is_running() {
  [[ -e $data/run/supervisor.lock ]] && ! flock -n -s "$data/run/supervisor.lock" true
}

supervisor_pid() { cat "$data/run/supervisor.pid" 2>/dev/null || true; }

port_is_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# port_beside PORT: ten further, for the simulator host.
port_beside() { printf '%d' $(($1 > 65525 ? $1 - 10 : $1 + 10)); }

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
