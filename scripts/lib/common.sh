# Shared by the scripts: where things are, what is missing, who may install it. Sourced, not run.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
CACHE=${DAVIT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/davit}
export DAVIT_CACHE=$CACHE

say() { printf '\033[1m==> %s\033[0m\n' "$*"; }
note() { printf '    %s\n' "$*"; }
die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo -n "$@" 2>/dev/null || sudo "$@"
    else
        die "not root and no sudo: please install by hand: $*"
    fi
}

BUILD_PACKAGES=(gcc libc6-dev cmake ninja-build pkg-config libuv1-dev libcurl4-openssl-dev libssl-dev libhiredis-dev librdkafka-dev
    libjansson-dev libyaml-dev libmicrohttpd-dev uthash-dev zlib1g-dev tzdata)
TEST_PACKAGES=(check libsubunit-dev clang libclang-rt-14-dev clang-format clang-tidy redis-server redis-tools prometheus kcat nginx-light stunnel4
    openssl curl git python3 python3-venv default-jre-headless maven ca-certificates procps man-db)

# need_packages NAME…: installs the Debian packages that are not there.
need_packages() {
    local missing=() name
    for name in "$@"; do
        dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed || missing+=("$name")
    done
    [ ${#missing[@]} = 0 ] && return 0
    say "installing ${missing[*]}"
    # Services must not start by themselves: the tests and the demo run their own, on their own ports.
    local policy=/usr/sbin/policy-rc.d own_policy=
    if [ ! -e $policy ]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
        as_root chmod 755 $policy
        own_policy=1
    fi
    local rc=0
    { as_root apt-get update -qq && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } \
        >"$(log_file apt)" 2>&1 || rc=$?
    [ -z "$own_policy" ] || as_root rm -f $policy
    [ $rc = 0 ] || { tail -20 "$(log_file apt)" >&2; die "apt-get failed"; }
}

log_file() {
    mkdir -p "$ROOT/build/logs"
    echo "$ROOT/build/logs/$1.log"
}

# build PRESET [TARGET…]: configures once, builds; the log is shown only on failure.
build() {
    local preset=$1 log
    shift
    log=$(log_file "build-$preset")
    (cd "$ROOT" && cmake --preset "$preset" >"$log" 2>&1 && cmake --build --preset "$preset" ${1:+--target "$@"} >>"$log" 2>&1) ||
        { tail -40 "$log" >&2; die "building preset $preset failed (whole log: $log)"; }
}

# free_ports N: N ports nobody listens on now.
free_ports() {
    python3 - "$1" <<'P'
import socket, sys
held = []
for _ in range(int(sys.argv[1])):
    s = socket.socket(); s.bind(("127.0.0.1", 0)); held.append(s)
print(*[s.getsockname()[1] for s in held])
P
}

# end_process PID [SECONDS]: TERM, and KILL if it does not listen.
end_process() {
    local pid=$1 i
    kill "$pid" 2>/dev/null || return 0
    for i in $(seq $((${2:-5} * 10))); do
        kill -0 "$pid" 2>/dev/null || return 0
        sleep 0.1
    done
    kill -9 "$pid" 2>/dev/null || true
}
