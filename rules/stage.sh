# shellcheck shell=bash
# Sourced by the Go and npm actions: a staging tree is a copy of the declared inputs where a tool finds them
# as in the source tree. Manifest: one "SOURCE<TAB>DESTINATION" a line, a directory is copied whole.

# Where module downloads, npm trees and staging trees live.
egi_cache() {
  local cache="${EGI_CACHE_DIR:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/egi}"
  mkdir -p "$cache/stage"
  printf '%s' "$cache"
}

# stage MANIFEST FOLDER: copies every line of the manifest below FOLDER, symbolic links followed.
stage() {
  local manifest=$1 folder=$2 source destination
  while IFS=$'\t' read -r source destination; do
    if [[ -d $source ]]; then
      mkdir -p "$folder/$destination"
      cp -RL "$source/." "$folder/$destination/"
    else
      mkdir -p "$folder/$(dirname "$destination")"
      cp -L "$source" "$folder/$destination"
    fi
  done <"$manifest"
  chmod -R u+w "$folder"
}

go_environment() {
  export HOME="${HOME:-/tmp}"
  export GOTOOLCHAIN=local GOWORK=off GOFLAGS="-mod=readonly -buildvcs=false"
  command -v go >/dev/null || { echo "no go on PATH: run ./egi up once, or install Go 1.26 or newer" >&2; exit 1; }
}
