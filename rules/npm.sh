#!/usr/bin/env bash
# npm.sh ENV MANIFEST FOLDER COMMAND [OUT SOURCE]: runs COMMAND in the staged npm package FOLDER with the modules of its
# package-lock.json (npm ci, once per lock file and Node version); then copies SOURCE, relative to FOLDER, to OUT.
set -euo pipefail
root=$PWD
# shellcheck source=/dev/null
source "$1"
# shellcheck source=stage.sh
source "$root/rules/stage.sh"
manifest=$2 folder=$3 command=$4 out=${5:-} result=${6:-}
command -v npm >/dev/null || { echo "no npm on PATH: run ./egi up once, or apt-get install nodejs npm" >&2; exit 1; }
export HOME="${HOME:-/tmp}" CI=1 npm_config_update_notifier=false npm_config_fund=false npm_config_audit=false

# install_modules LOCKFILE PACKAGE: prints the folder that holds node_modules of this lock file.
install_modules() {
  local key place
  key=$({ node --version; cat "$1"; } | sha256sum | cut -c1-24)
  place=$(egi_cache)/node/$key
  mkdir -p "$place"
  (
    flock 9
    if [[ ! -e $place/complete ]]; then
      cp "$1" "$place/package-lock.json"
      cp "$2" "$place/package.json"
      (cd "$place" && npm ci --no-progress 1>&2)
      touch "$place/complete"
    fi
  ) 9>"$place.lock"
  printf '%s' "$place"
}

tree=$(mktemp -d "$(egi_cache)/stage/npm.XXXXXX")
trap 'rm -rf "$tree"' EXIT
stage "$manifest" "$tree"
cd "$tree/$folder"
modules=$(install_modules package-lock.json package.json)
cp -al "$modules/node_modules" node_modules 2>/dev/null || cp -a "$modules/node_modules" .
export PATH="$PWD/node_modules/.bin:$PATH" EGI_RUNFILES=$root
bash -euo pipefail -c "$command"
if [[ -n $out ]]; then
  mkdir -p "$root/$out"
  cp -R "$result/." "$root/$out/"
fi
