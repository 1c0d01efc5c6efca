# What a fresh Debian 12 lacks: packages from Debian, Go from the Go module proxy.
# shellcheck shell=bash

build_packages=(
  bazel-bootstrap g++ libgrpc++-dev protobuf-compiler protobuf-compiler-grpc libprotobuf-dev libabsl-dev libpqxx-dev libpq-dev
  libssl-dev libargon2-dev libjwt-dev libyaml-cpp-dev libspdlog-dev prometheus-cpp-dev nlohmann-json3-dev libcli11-dev libeigen3-dev libboost-math-dev libgtest-dev libgmock-dev
  libbenchmark-dev golang-github-gogo-googleapis-dev grpc-proto postgresql-15 postgresql-client-15 python3 git curl ca-certificates tzdata unzip
)
test_packages=(shellcheck libdlib-dev)

go_version=1.26.8
declare -A go_sha256=(
  [amd64]=30c2b1bf7dcc88d3eb0a1364e47ddd9128edb3110a30e8a0ef61cd5856b31de7
  [arm64]=02b36b6787b3ac767668f630e2998df45a3b1f9ffee08d1bf3ef6487cd658d99
)
node_minimum=18

as_root() {
  if [[ $(id -u) == 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "installing packages needs root: run this as root, or install sudo"
  fi
}

# missing_packages NAME...: prints those that dpkg does not have installed.
missing_packages() {
  local package
  for package in "$@"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || printf '%s\n' "$package"
  done
}

node_is_new_enough() {
  command -v node >/dev/null && command -v npm >/dev/null && (($(node -p 'process.versions.node.split(".")[0]') >= node_minimum))
}

install_packages() {
  local -a missing
  command -v dpkg-query >/dev/null || fail "EGI is set up on Debian 12; this machine has no dpkg"
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]} > 0)) || return 0
  say "installing ${#missing[@]} Debian packages: ${missing[*]}"
  if [[ $(id -u) != 0 ]] && command -v sudo >/dev/null; then sudo -v; fi
  progress "apt-get update" as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q
  progress "apt-get install" as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
}

cache_folder() { printf '%s' "${EGI_CACHE_DIR:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/egi}"; }

go_is_new_enough() {
  local found
  found=$("$1" env GOVERSION 2>/dev/null) || return 1
  [[ $(printf '%s\n%s\n' "go1.26.0" "$found" | sort -V | head -n 1) == go1.26.0 ]]
}

# Debian's own Go is older than go.mod asks for: the Go module proxy serves the toolchain itself, checked against its pinned sum.
download_go() {
  local place=$1 architecture archive proxy
  architecture=$(dpkg --print-architecture)
  [[ -n ${go_sha256[$architecture]:-} ]] || fail "no Go is pinned for $architecture; install Go $go_version and put it on PATH"
  proxy=${GOPROXY:-https://proxy.golang.org}
  proxy=${proxy%%[,|]*}
  [[ $proxy == http* ]] || proxy=https://proxy.golang.org
  mkdir -p "$place.part"
  archive=$place.part/go.zip
  curl -fsSL --retry 3 -o "$archive" "$proxy/golang.org/toolchain/@v/v0.0.1-go$go_version.linux-$architecture.zip"
  printf '%s  %s\n' "${go_sha256[$architecture]}" "$archive" | sha256sum --check --quiet
  unzip -q "$archive" -d "$place.part"
  rm -rf "$place"
  mv "$place.part/golang.org/toolchain@v0.0.1-go$go_version.linux-$architecture" "$place"
  chmod -R a+rX "$place"
  chmod +x "$place"/bin/* "$place"/pkg/tool/*/*
  rm -rf "$place.part"
}

install_go() {
  local place
  ! go_is_new_enough go || return 0
  place=$(cache_folder)/go-$go_version
  if ! go_is_new_enough "$place/bin/go"; then
    say "installing Go $go_version"
    progress "Go $go_version from the module proxy" download_go "$place"
  fi
  export PATH="$place/bin:$PATH"
}

# Two launchers install one after the other (descriptor 7).
take_install_lock() {
  mkdir -p "$(cache_folder)"
  exec 7>>"$(cache_folder)/install.lock"
  flock -n 7 || { say "another ./egi is installing; waiting for it"; flock 7; }
}

install_for_build() {
  take_install_lock
  install_packages "${build_packages[@]}"
  node_is_new_enough || install_packages nodejs npm
  node_is_new_enough || fail "node $node_minimum or newer and npm are needed; 'node --version' says $(node --version 2>&1)"
  install_go
  exec 7>&-
}

install_for_test() {
  install_for_build
  install_packages "${test_packages[@]}"
  command -v "${EGI_CHROMIUM:-chromium}" >/dev/null || install_packages chromium
}
