#!/usr/bin/env bash
# The launcher on the real programs, in a data folder of its own. Writes one case a line to Bazel's test.xml.
set -uo pipefail
root=$PWD
work=$(mktemp -d /var/tmp/egi-launcher-test.XXXXXX)
chmod 755 "$work"
data=$work/data
cases=() failed=0

gather_programs() {
  local file
  export EGI_BIN=$work/bin
  mkdir -p "$EGI_BIN"
  for file in sql/egi-migrate server/egi-server gateway/egi-gateway simulators/feeding/feeding-simulator \
    simulators/station/station-simulator simulators/lot_monitor/lot-monitor simulators/host/simulator-host clients/cli/egictl; do
    cp -L "$root/$file" "$EGI_BIN/"
  done
}

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

egi() { "$root/egi" "$@" >"$work/out" 2>"$work/err" </dev/null; }

# expect_status N COMMAND...: the exit status of a launcher command.
expect_status() {
  local wanted=$1 status=0
  shift
  egi "$@" || status=$?
  ((status == wanted)) || { echo "./egi $*: exit status $status, expected $wanted"; cat "$work/out" "$work/err"; return 1; }
}

expect_text() { grep -q -- "$2" "$work/$1" || { echo "no '$2' in:"; cat "$work/$1"; return 1; }; }

up() {
  expect_status 0 up --detach --data "$data" --port "$port" --grpc-port "$grpc_port" --simulators-port "$simulators_port" --metrics-port 0
}

component() {
  egi status --json --data "$data"
  python3 -c 'import json, sys; print(next(c[sys.argv[2]] for c in json.load(open(sys.argv[1]))["components"] if c["name"] == sys.argv[3]))' \
    "$work/out" "$2" "$1"
}

# until_true SECONDS COMMAND...: waits for a condition.
until_true() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || { echo "not within the time: $*"; return 1; }
    sleep 0.1
  done
}

BadFlagIsNamed() { expect_status 2 up --prot 80 && expect_text err "unknown option '--prot'" && expect_text err "up --help"; }

BadPortIsRefused() { expect_status 2 up --port http && expect_text err "from 1 to 65535"; }

EveryCommandHasHelp() {
  local command
  for command in up down status logs psql reset test bench build generate; do
    expect_status 0 "$command" --help && expect_text out "usage: ./egi $command" || return 1
  done
}

ForeignFolderIsRefused() {
  mkdir -p "$work/foreign" && touch "$work/foreign/letter"
  expect_status 1 up --detach --data "$work/foreign" && expect_text err "not a data folder of EGI"
  expect_status 1 reset --yes --data "$work/foreign" && [[ -e $work/foreign/letter ]]
}

StatusOfNothingIsNotRunning() { expect_status 3 status --json --data "$data" && expect_text out '"running":false'; }

TwoUpsAtOnceSaySo() {
  local first status
  "$root/egi" up --detach --data "$data" --port "$port" --grpc-port "$grpc_port" --simulators-port "$simulators_port" --metrics-port 0 >"$work/first" 2>&1 </dev/null &
  first=$!
  until_true 30 test -e "$data/run/supervisor.pid" || return 1
  expect_status 1 up --detach --data "$data" && expect_text err "another ./egi up is already starting"
  status=$?
  wait "$first" || { cat "$work/first"; return 1; }
  return "$status"
}

StatusIsHealthyWithEveryComponent() {
  expect_status 0 status --json --data "$data" && expect_text out '"healthy":true' || return 1
  for name in postgres server gateway simulator-host; do
    [[ $(component "$name" state) == running ]] || { echo "$name does not run"; return 1; }
  done
}

# running_simulators: names of the simulators that REST tells as running.
running_simulators() {
  curl -sf "http://127.0.0.1:$port/api/simulators?state=running" |
    python3 -c 'import json, sys; print(*sorted(s["name"] for s in json.load(sys.stdin)["simulators"]))'
}

DemoRunsUnderTheSimulatorHost() {
  [[ $(running_simulators) == "feeding monitor station" ]] || { echo "these run: $(running_simulators)"; return 1; }
}

stopped_monitor_is_remembered() { [[ $(running_simulators) == "feeding station" ]]; }

KilledSimulatorHostComesBackWithWhatRan() {
  "$EGI_BIN/egictl" simulators --host "127.0.0.1:$simulators_port" stop monitor || return 1
  kill -KILL "$(component simulator-host pid)"
  until_true 60 stopped_monitor_is_remembered
}

SecondUpSaysItRuns() { up && expect_text err "already runs"; }

PsqlAnswersOnStandardOutput() { expect_status 0 psql --data "$data" -Atc 'SELECT 41 + 1' && [[ $(<"$work/out") == 42 ]]; }

server_is_back() { [[ $(component server restarts) == 1 ]] && egi status --data "$data"; }

KilledServerIsStartedAgain() {
  kill -KILL "$(component server pid)"
  until_true 30 server_is_back && grep -q 'server ended with status 137; started again in 1 s' "$data/log/supervisor.log"
}

TakenPortIsNamed() {
  expect_status 1 up --detach --data "$work/other" --port "$port" --grpc-port "$(free_port)" --metrics-port 0 && expect_text err "port $port is taken"
}

ResetRefusesWithoutConfirmation() { expect_status 1 reset --data "$data" && expect_text err "confirm with --yes" && [[ -d $data/postgres ]]; }

DataOutlivesDownAndUp() {
  expect_status 0 psql --data "$data" -qc 'CREATE TABLE kept AS SELECT 7 AS n' && expect_status 0 down --data "$data" || return 1
  expect_status 3 status --data "$data" && up && expect_status 0 psql --data "$data" -Atc 'SELECT n FROM kept' && [[ $(<"$work/out") == 7 ]]
}

LaterUpKeepsPortsAndTheChoiceAboutSimulators() {
  expect_status 0 down --data "$data" && expect_status 0 up --detach --no-simulators --data "$data" || return 1
  expect_status 0 down --data "$data" && expect_status 0 up --detach --data "$data" || return 1
  curl -sf -o /dev/null "http://127.0.0.1:$port/health/ready" || { echo "not on the port of the first up"; return 1; }
  [[ $(component server state) == running && $(component simulator-host state) != running ]]
}

SilentDatabaseIsRefusedBeforeItIsSaved() {
  expect_status 1 up --detach --data "$work/silent" --database-url postgresql://nobody@127.0.0.1:1/none && expect_text err "does not answer" &&
    [[ ! -e $work/silent/run/settings ]]
}

UpRecoversFromAKilledSupervisor() {
  kill -KILL "$(<"$data/run/supervisor.pid")"
  until_true 10 expect_status 3 status --data "$data" || return 1
  up && expect_text err "left over from a supervisor" && expect_status 0 status --data "$data"
}

DownLeavesNoProcess() {
  expect_status 0 down --data "$data" || return 1
  ! pgrep -af -- "$data/(bin|postgres)" || { echo "processes are left"; return 1; }
}

ResetDeletesTheData() { expect_status 0 reset --yes --data "$data" && [[ ! -e $data ]]; }

run_case() {
  local name=$1 output
  if output=$("$name" 2>&1); then
    echo "PASSED $name"
    cases+=("<testcase classname=\"launcher\" name=\"$name\"/>")
  else
    failed=$((failed + 1))
    printf 'FAILED %s\n%s\n' "$name" "$output"
    cases+=("<testcase classname=\"launcher\" name=\"$name\"><failure message=\"see the log\"/></testcase>")
  fi
}

clean_up() {
  "$root/egi" reset --yes --data "$data" >/dev/null 2>&1
  rm -rf "$work"
}

trap clean_up EXIT
if [[ -n ${EGI_BIN:-} ]]; then :; else gather_programs; fi
port=$(free_port) grpc_port=$(free_port) simulators_port=$(free_port)
for name in BadFlagIsNamed BadPortIsRefused EveryCommandHasHelp ForeignFolderIsRefused StatusOfNothingIsNotRunning TwoUpsAtOnceSaySo \
  StatusIsHealthyWithEveryComponent DemoRunsUnderTheSimulatorHost KilledSimulatorHostComesBackWithWhatRan SecondUpSaysItRuns PsqlAnswersOnStandardOutput KilledServerIsStartedAgain TakenPortIsNamed \
  ResetRefusesWithoutConfirmation DataOutlivesDownAndUp LaterUpKeepsPortsAndTheChoiceAboutSimulators \
  SilentDatabaseIsRefusedBeforeItIsSaved UpRecoversFromAKilledSupervisor DownLeavesNoProcess ResetDeletesTheData; do
  run_case "$name"
done
if [[ -n ${XML_OUTPUT_FILE:-} ]]; then
  printf '<testsuites><testsuite name="launcher" tests="%d" failures="%d">%s</testsuite></testsuites>\n' "${#cases[@]}" "$failed" "${cases[*]}" \
    >"$XML_OUTPUT_FILE"
fi
((failed == 0))
