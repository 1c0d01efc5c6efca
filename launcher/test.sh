# ./egi test: every check of the repository, and one closing line that counts them.
# shellcheck shell=bash

passed=0 failed=0 failures=()

test_usage() {
  cat <<'HELP'
usage: ./egi test [BAZEL TARGET PATTERN...]
Checks the protos (buf lint, buf breaking) and the scripts (shellcheck), then builds and runs every test: C++, Go, web, browser,
integration and guarantees, each with a private PostgreSQL. The last line is "N passed, N failed".

  EGI_TEST_DATABASE_URL   run the database tests on this server instead of a private one
  EGI_REFERENCE_CSV       the 174-column campaign file, for the tests of the import
HELP
}

# check NAME COMMAND...: one test case that is not Bazel's.
check() {
  local name=$1 log
  shift
  log=$(mktemp "${TMPDIR:-/tmp}/egi-check.XXXXXX")
  if "$@" >"$log" 2>&1; then
    passed=$((passed + 1))
    say "PASSED  $name"
  else
    failed=$((failed + 1))
    failures+=("$name")
    say "FAILED  $name"
    head -n 60 "$log" >&2
  fi
  rm -f "$log"
}

# proto_image FOLDER OUT: the protos of FOLDER with everything they import, as buf reads them.
proto_image() {
  local -a files
  mapfile -t files < <(cd "$1" && find egi -name '*.proto' | sort)
  ((${#files[@]} > 0)) || return 1
  (cd "$1" && protoc -I . -I /usr/include -I /usr/share/gocode/src/github.com/gogo/googleapis --include_imports \
    --include_source_info -o "$2" "${files[@]}")
}

# The commit whose protos must still be understood: the landed main, or on main itself the commit before.
breaking_base() {
  local base head
  head=$(git -C "$root" rev-parse HEAD) || return 1
  base=$(git -C "$root" rev-parse -q --verify origin/main) || base=$(git -C "$root" rev-parse -q --verify main) || base=""
  if [[ -z $base || $base == "$head" ]]; then base=$(git -C "$root" rev-parse -q --verify "HEAD^") || base=$head; fi
  printf '%s' "$base"
}

buf_breaking() {
  local base
  base=$(breaking_base) || { echo "not a git checkout: nothing to compare with"; return 1; }
  mkdir -p "$work/base"
  if ! git -C "$root" cat-file -e "$base:protos" 2>/dev/null; then
    echo "commit $base has no protos yet"
    return 0
  fi
  git -C "$root" archive "$base" protos | tar -x -C "$work/base"
  proto_image "$work/base/protos" "$work/base.binpb" || return 1
  "$work/buf/node_modules/.bin/buf" breaking "$work/now.binpb" --against "$work/base.binpb" --config "$root/protos/buf.yaml" --path egi
}

install_buf() {
  mkdir -p "$work/buf"
  cp "$root"/tools/node/package*.json "$work/buf/"
  (cd "$work/buf" && npm ci --no-progress --no-fund --no-audit)
}

check_protos() {
  check "protos compile" proto_image "$root/protos" "$work/now.binpb"
  progress "installing buf" install_buf || { check "buf installs" false; return; }
  check "buf lint" "$work/buf/node_modules/.bin/buf" lint "$work/now.binpb" --config "$root/protos/buf.yaml" --path egi
  check "buf breaking" buf_breaking
}

# The scripts of the repository by their first line; the parts of the launcher are followed from `egi`.
shell_scripts() {
  git -C "$root" ls-files -z --cached --others --exclude-standard | (cd "$root" && xargs -0 grep -lIE -m1 '^#!.*[ /](ba)?sh$')
}

shellcheck_all() { (cd "$root" && shellcheck -x -P SCRIPTDIR "$@"); }

check_scripts() {
  local -a scripts
  mapfile -t scripts < <(shell_scripts)
  check "shellcheck of ${#scripts[@]} scripts" shellcheck_all "${scripts[@]}"
}

# run_bazel_tests PATTERN...: adds the cases of every test.xml of this run to the counts.
run_bazel_tests() {
  local -a flags=(--keep_going "--build_event_json_file=$work/events.json" --test_summary=short
    --test_env=EGI_TEST_DATABASE_URL --test_env=EGI_REFERENCE_CSV --test_env=EGI_CHROMIUM)
  local line bazel_status=0 counts
  run_bazel test "${flags[@]}" "$@" || bazel_status=$?
  counts=$(python3 "$root/launcher/count_tests.py" "$work/events.json") || { failed=$((failed + 1)); failures+=("bazel test"); return; }
  while IFS=$'\t' read -r kind line; do
    case $kind in
      passed) passed=$((passed + line)) ;;
      failed) failed=$((failed + line)) ;;
      name) failures+=("$line") ;;
    esac
  done <<<"$counts"
  if ((bazel_status != 0 && failed == 0)); then
    failed=1
    failures+=("bazel test ended with status $bazel_status")
  fi
}

command_test() {
  local work kind patterns=()
  case ${1:-} in
    -h | --help) test_usage; return ;;
    --*) unknown_option test "$1" ;;
  esac
  patterns=("$@")
  ((${#patterns[@]} > 0)) || patterns=(//...)
  install_for_test
  work=$(mktemp -d "${TMPDIR:-/tmp}/egi-test.XXXXXX")
  check_protos
  check_scripts
  run_bazel_tests "${patterns[@]}"
  rm -rf "$work"
  for kind in "${failures[@]}"; do say "failed: $kind"; done
  printf '%d passed, %d failed\n' "$passed" "$failed"
  ((failed == 0))
}
