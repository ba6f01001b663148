# shellcheck shell=bash
# What ci/drill and ci/test set up before they start: Rust, images, PostgreSQL.
# Sourced after lib.sh. Calling a function again costs nothing.

# One cargo profile for the binary, the tests and clippy, so that nothing is compiled twice.
PROFILE=${LIFEBOAT_PROFILE:-dev}
CARGO_FLAGS=(--locked)
case $PROFILE in
  dev) LIFEBOAT=$TARGET/debug/lifeboat ;;
  *) LIFEBOAT=$TARGET/$PROFILE/lifeboat CARGO_FLAGS+=(--profile "$PROFILE") ;;
esac
export LIFEBOAT

# need_cargo: finds cargo, also where rustup put it and the shell does not look.
need_cargo() {
  have cargo || PATH=${CARGO_HOME:-${HOME:-/root}/.cargo}/bin:$PATH
  have cargo || die "cargo is missing: install Rust (https://rustup.rs)"
  if ! have cc && is_root && have apt-get; then
    quietly cc "a C compiler to link with" 10m \
      sh -c 'apt-get update; apt-get install --yes --no-install-recommends gcc libc6-dev'
  fi
  have cc || die "no C compiler to link with: install gcc and libc6-dev"
}

# build_binary: compiles lifeboat, unless LIFEBOAT_BINARY names one.
build_binary() {
  if [ -n "${LIFEBOAT_BINARY:-}" ]; then
    LIFEBOAT=$LIFEBOAT_BINARY
    return
  fi
  quietly cargo-build "cargo build ($PROFILE)" 20m cargo build --bins "${CARGO_FLAGS[@]}"
}

# build_images VERSION…: builds them where that is possible, else pulls PostgreSQL's official ones.
build_images() {
  local version
  for version in "$@"; do
    if [ -r /usr/share/keyrings/debian-archive-keyring.gpg ] && "$ROOT/ci/image/build" "$version"; then continue; fi
    quietly "pull-$version" "no image built here; pull postgres:$version" 10m \
      docker pull --quiet "postgres:$version" || return
  done
}

# local_postgres [VERSION]: exports where lifeboat finds PostgreSQL's programs.
local_postgres() {
  quietly postgresql "PostgreSQL ${1:+$1 }on this machine" 15m "$ROOT/ci/pg/unpack" "$@" || return
  LIFEBOAT_PG_BIN=$(tail -n 1 "$LOGS/postgresql.log")
  export LIFEBOAT_PG_BIN
  # Unpacked without root: the backup tools and compressors lie beside it.
  case $LIFEBOAT_PG_BIN in "$TARGET"/*) PATH=$PATH:$LIFEBOAT_PG_BIN ;; esac
}
