# Builds with Bazel and gathers the programs of the running platform in one folder.
# shellcheck shell=bash

# Name of the program, Bazel target, file below bazel-bin.
programs=(
  "egi-migrate //sql:egi-migrate sql/egi-migrate"
  "egi-server //server:egi-server server/egi-server"
  "egi-gateway //gateway:egi-gateway gateway/egi-gateway"
  "feeding-simulator //simulators/feeding:feeding-simulator simulators/feeding/feeding-simulator"
  "station-simulator //simulators/station:station-simulator simulators/station/station-simulator"
  "simulator-host //simulators/host:simulator-host simulators/host/simulator-host"
  "lot-monitor //simulators/lot_monitor:lot-monitor simulators/lot_monitor/lot-monitor"
  "egictl //clients/cli:egictl clients/cli/egictl"
)

# run_bazel COMMAND ARGUMENTS...: Bazel in the workspace; its progress goes to standard error. The Bazel server it leaves behind must
# not keep the lock of `up` (descriptor 8).
run_bazel() {
  local command=$1
  shift
  (cd "$root" && exec bazel "$command" --show_progress_rate_limit=5 --ui_event_filters=-info "$@" 1>&2 8>&-)
}

program_targets() {
  local line name target file
  for line in "${programs[@]}"; do
    read -r name target file <<<"$line"
    printf '%s\n' "$target"
  done
}

# build_programs: after it, program_file NAME is a program. EGI_BIN names a folder with programs built elsewhere.
build_programs() {
  local -a targets
  [[ -z ${EGI_BIN:-} ]] || return 0
  mapfile -t targets < <(program_targets)
  say "building (the first time takes several minutes)"
  run_bazel build "${targets[@]}" //tools/go:bin || fail "the build failed; the lines above say where"
}

program_file() {
  local line name target file
  if [[ -n ${EGI_BIN:-} ]]; then
    printf '%s/%s' "$EGI_BIN" "$1"
    return
  fi
  for line in "${programs[@]}"; do
    read -r name target file <<<"$line"
    [[ $name != "$1" ]] || printf '%s/bazel-bin/%s' "$root" "$file"
  done
}

# copy_programs FOLDER: the running platform uses copies, so that a later build does not change it.
copy_programs() {
  local line name target file source
  mkdir -p "$1"
  for line in "${programs[@]}"; do
    read -r name target file <<<"$line"
    source=$(program_file "$name")
    [[ -x $source ]] || fail "the program $source is missing; run ./egi build"
    cmp -s "$source" "$1/$name" && continue
    install -m 755 "$source" "$1/$name.new"
    mv "$1/$name.new" "$1/$name"
  done
}

command_build() {
  case ${1:-} in
    -h | --help) printf 'usage: ./egi build\nInstalls what is missing and builds every program.\n'; return ;;
    "") ;;
    *) unknown_option build "$1" ;;
  esac
  install_for_build
  build_programs
}

command_generate() {
  case ${1:-} in
    -h | --help)
      printf 'usage: ./egi generate\nWrites gateway/gen, gateway/web/dist and gateway/web/src/api/schema.d.ts (all git-ignored).\n'
      return
      ;;
    "") ;;
    *) unknown_option generate "$1" ;;
  esac
  install_for_build
  run_bazel build //gateway:gen //gateway/web:app
  copy_folder "$root/bazel-bin/gateway/gen" "$root/gateway/gen"
  copy_folder "$root/bazel-bin/gateway/web/app" "$root/gateway/web/dist"
  say "gateway/gen and gateway/web/dist are up to date"
}

copy_folder() {
  rm -rf "$2"
  mkdir -p "$2"
  cp -RL "$1/." "$2/"
  chmod -R u+w "$2"
}
