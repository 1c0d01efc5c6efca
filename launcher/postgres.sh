# The embedded PostgreSQL 15: its own cluster in the data folder, reachable through a unix socket only.
# shellcheck shell=bash

postgres_bin=/usr/lib/postgresql/15/bin

# A unix socket's path must stay below 107 characters.
socket_folder() {
  if ((${#data} < 75)); then
    printf '%s/run/pg' "$data"
  else
    printf '/tmp/egi-%s' "$(printf '%s' "$data" | sha256sum | cut -c1-16)"
  fi
}

embedded_url() { printf 'postgresql://egi@/gaveurs_db?host=%s&port=5432' "$(socket_folder)"; }

current_database_url() { printf '%s' "${database_url:-$(embedded_url)}"; }

# database_summary: the database without user and password.
database_summary() {
  if [[ -z $database_url ]]; then printf 'embedded PostgreSQL in %s/postgres' "$data"; else printf 'external (--database-url)'; fi
}

# database_advice: where to look when the database does not answer.
database_advice() {
  if [[ -z $database_url ]]; then
    printf 'see %s/log/postgres.log' "$data"
  else
    printf 'check host and port of --database-url and that it accepts connections from this machine'
  fi
}

prepare_cluster() {
  local sockets
  sockets=$(socket_folder)
  mkdir -p "$sockets"
  chmod 700 "$sockets"
  if [[ $(id -u) == 0 ]]; then chown "$run_user": "$sockets"; fi
  [[ ! -e $data/postgres/PG_VERSION ]] || return 0
  mkdir -p "$data/postgres"
  if [[ $(id -u) == 0 ]]; then chown "$run_user": "$data/postgres"; fi
  (
    cd "$data"
    as_run_user "$postgres_bin/initdb" -D "$data/postgres" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-instructions
  )
}

# The command line of the server; it stays in the foreground, the supervisor watches it.
postgres_command() {
  command_line=(
    "$postgres_bin/postgres" -D "$data/postgres" -c listen_addresses= -c "unix_socket_directories=$(socket_folder)" -c port=5432
    -c shared_buffers=256MB -c max_wal_size=2GB -c checkpoint_timeout=15min -c max_connections=100
  )
}

# postgres_accepts: the database answers.
postgres_accepts() {
  if [[ -n $database_url ]]; then
    "$postgres_bin/pg_isready" -q -d "$database_url"
  else
    "$postgres_bin/pg_isready" -q -h "$(socket_folder)" -p 5432 -U postgres -d postgres
  fi
}

create_database() {
  local -a admin=(psql -X -q -v ON_ERROR_STOP=1 -h "$(socket_folder)" -p 5432 -U postgres -At)
  if [[ $("${admin[@]}" -d postgres -c "SELECT count(*) FROM pg_roles WHERE rolname = 'egi'") == 0 ]]; then
    "${admin[@]}" -d postgres -c "CREATE ROLE egi LOGIN"
  fi
  if [[ $("${admin[@]}" -d postgres -c "SELECT count(*) FROM pg_database WHERE datname = 'gaveurs_db'") == 0 ]]; then
    "${admin[@]}" -d postgres -c "CREATE DATABASE gaveurs_db OWNER egi"
  fi
}

# stop_leftover_postgres: a cluster that outlived its supervisor.
stop_leftover_postgres() {
  [[ -e $data/postgres/postmaster.pid ]] || return 0
  (cd "$data" && as_run_user "$postgres_bin/pg_ctl" -D "$data/postgres" -s -m fast -w -t 60 stop) 2>/dev/null || true
}

command_psql() {
  local folder="" help='usage: ./egi psql [--data DIR] [psql arguments]
Opens the database of the running platform, e.g. ./egi psql -Atc "SELECT count(*) FROM lots_gavage"'
  while (($# > 0)); do
    case $1 in
      --help) printf '%s\n' "$help"; return ;;
      --data) folder=$(option_value "$@"); shift 2 ;;
      *) break ;;
    esac
  done
  use_data "$folder"
  require_data
  [[ -n $database_url ]] || is_running || fail "EGI does not run in $data; start it with ./egi up"
  exec psql -d "$(current_database_url)" "$@"
}
