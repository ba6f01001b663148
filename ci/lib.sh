# shellcheck shell=bash
# What the scripts below ci/ share: paths, messages, time, logs, locks.
# Sourced, never run.

set -euo pipefail
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
exec </dev/null

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
TARGET=${CARGO_TARGET_DIR:-$ROOT/target}
case $TARGET in /*) ;; *) TARGET=$ROOT/$TARGET ;; esac
LOGS=$TARGET/ci
mkdir -p "$LOGS"

# The exit code for "no promise was judged" (lifeboat's own: inconclusive).
INCONCLUSIVE=3

say() { printf '%s: %s\n' "${0#"$ROOT"/}" "$*" >&2; }

die() {
  say "$*"
  exit "$INCONCLUSIVE"
}

have() { command -v "$1" >/dev/null 2>&1; }
is_root() { [ "$(id -u)" -eq 0 ]; }

# quietly NAME WHAT LIMIT COMMAND…: runs the command with its output in target/ci/NAME.log,
# says what and how long, and shows the end of the log when it fails.
quietly() {
  local name=$1 what=$2 limit=$3 start=$SECONDS code=0 foreground=''
  shift 3
  say "$what …"
  # At a terminal Ctrl-C has to reach the command; elsewhere its children have to die with it.
  [ ! -t 2 ] || foreground=--foreground
  timeout ${foreground:+"$foreground"} --kill-after=10 "$limit" "$@" >"$LOGS/$name.log" 2>&1 || code=$?
  if [ "$code" -ne 0 ]; then
    [ "$code" -ne 124 ] || say "$what: no end after $limit"
    say "$what: failed with code $code after $((SECONDS - start)) s; the end of $LOGS/$name.log:"
    tail -n 25 "$LOGS/$name.log" | sed 's/^/    /' >&2
    return "$code"
  fi
  say "$what: done, $((SECONDS - start)) s"
}

# one_at_a_time NAME: waits until no other script of this checkout holds the lock NAME.
# The lock goes with the process; its children must not inherit it (9>&-) when they outlive it.
one_at_a_time() {
  exec 9>"$LOGS/$1.lock"
  flock --nonblock 9 && return
  say "another run holds $1; waiting for it"
  flock --timeout 1800 9 || die "$1 was still held after 30 min"
}

# Does a Docker engine answer?
engine_answers() { have docker && timeout 20 docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }
