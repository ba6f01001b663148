# shellcheck shell=bash
# A private apt: it resolves and downloads Debian's packages into a folder of its own,
# without root and without touching the machine's package lists. Sourced after lib.sh.

KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# debian_mirror NAME (debian or debian-security): the mirror that this machine uses, or Debian's.
debian_mirror() {
  local found
  # shellcheck disable=SC2016 # apt expands it
  found=$(apt-get indextargets --format '$(REPO_URI)' 2>/dev/null | grep -E "/$1/?$" | head -n 1 || true)
  found=${found%/}
  printf '%s\n' "${found:-http://deb.debian.org/$1}"
}

# debian_sources SUITE: the lines of a sources.list.
debian_sources() {
  local signed="[signed-by=$KEYRING${LIFEBOAT_STALE_MIRROR:+ check-valid-until=no}]" main
  main=$(debian_mirror debian)
  printf 'deb %s %s %s main\n' "$signed" "$main" "$1"
  case $1 in
    sid | forky) ;;
    *)
      printf 'deb %s %s %s-updates main\n' "$signed" "$main" "$1"
      printf 'deb %s %s %s-security main\n' "$signed" "$(debian_mirror debian-security)" "$1"
      ;;
  esac
}

# private_apt_init DIR [STATUS]: an apt whose state is in DIR. It believes that what the dpkg
# status file STATUS says is installed (by default: nothing), and it takes DIR/sources.list,
# or the machine's own sources where there is none.
private_apt_init() {
  local dir=$1 status=${2:-}
  mkdir -p "$dir"/{state/lists/partial,cache/archives/partial,log}
  [ -n "$status" ] || : >"$dir/status"
  {
    if [ -e "$dir/sources.list" ]; then
      printf 'Dir::Etc::sourcelist "%s";\nDir::Etc::sourceparts "/dev/null";\n' "$dir/sources.list"
      printf 'Dir::Etc::preferencesparts "/dev/null";\n'
    fi
    cat <<CONF
Dir::Etc::parts "/dev/null";
Dir::State "$dir/state";
Dir::State::status "${status:-$dir/status}";
Dir::Cache "$dir/cache";
Dir::Log "$dir/log";
APT::Sandbox::User "root";
APT::Install-Recommends "false";
APT::Get::Assume-Yes "true";
Acquire::Languages "none";
Acquire::Retries "3";
Acquire::http::Timeout "30";
Acquire::https::Timeout "30";
Debug::NoLocking "true";
CONF
    # What the machine needs to reach its mirror at all.
    apt-config dump | grep -E '^Acquire::https?::' | grep -v -E '::Timeout ' || true
  } >"$dir/apt.conf"
}

# private_apt DIR COMMAND…: runs apt-get or apt-cache with that state.
private_apt() {
  local dir=$1
  shift
  APT_CONFIG=$dir/apt.conf timeout --kill-after=10 600 "$@"
}

# unpack_debs DIR DEB…: unpacks packages into DIR without root and without maintainer scripts.
unpack_debs() {
  local dir=$1 deb
  shift
  mkdir -p "$dir"
  for deb in "$@"; do
    dpkg-deb --fsys-tarfile "$deb" |
      tar -C "$dir" --keep-directory-symlink --no-same-owner -xpf -
  done
}

# install_debs PACKAGE…: as root, with the machine's own apt. The package lists are fetched
# when they are missing or too old to lead anywhere.
install_debs() {
  local install=(timeout --kill-after=10 600 apt-get install --yes --no-install-recommends "$@")
  "${install[@]}" && return
  timeout --kill-after=10 300 apt-get update || true
  "${install[@]}"
}

# download_debs DIR PACKAGE…: without root: unpacks below DIR/root the packages and whatever they
# need that this machine lacks. Nothing is done when DIR holds just these packages already.
download_debs() {
  local dir=$1 apt=$1/apt link
  shift
  [ "$(cat "$dir/packages" 2>/dev/null)" != "$*" ] || return 0
  rm -rf "$dir"
  mkdir -p "$apt"
  private_apt_init "$apt" /var/lib/dpkg/status
  private_apt "$apt" apt-get update || say "not every package source answered; going on"
  private_apt "$apt" apt-get install --download-only "$@"
  # Debian's /usr is merged: one folder for libraries, however a package spells it.
  for link in bin sbin lib lib64; do
    mkdir -p "$dir/root/usr/$link"
    ln -s "usr/$link" "$dir/root/$link"
  done
  unpack_debs "$dir/root" "$apt"/cache/archives/*.deb
  rm -rf "$apt"
  printf '%s\n' "$*" >"$dir/packages"
}

# wrap_programs DIR FOLDER: makes DIR/bin/NAME for every program in FOLDER (a path in DIR/root), so
# that an unpacked program finds the libraries and modules that were unpacked with it.
wrap_programs() {
  local dir=$1 program
  local libs=("$dir"/root/usr/lib/*-linux-gnu*)
  mkdir -p "$dir/bin"
  for program in "$dir/root/$2"/*; do
    if [ ! -x "$program" ] || [ -d "$program" ]; then continue; fi
    cat >"$dir/bin/${program##*/}" <<WRAPPER
#!/bin/sh
LD_LIBRARY_PATH='${libs[0]}'\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}
PYTHONPATH='$dir/root/usr/lib/python3/dist-packages'\${PYTHONPATH:+:\$PYTHONPATH}
export LD_LIBRARY_PATH PYTHONPATH
exec '$program' "\$@"
WRAPPER
    chmod 755 "$dir/bin/${program##*/}"
  done
}
