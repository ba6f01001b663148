#!/bin/sh
# Runs inside `docker build`, as root: finishes a base image whose packages were only unpacked,
# then installs PostgreSQL $VERSION and the backup tools.
set -eu
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
: "${VERSION:?the major version of PostgreSQL}"

# Nobody reads a manual in here, nothing has to survive a power cut while it is built,
# and no package may start a server or make a cluster.
cat >/etc/dpkg/dpkg.cfg.d/lifeboat <<'CFG'
force-unsafe-io
path-exclude=/usr/share/doc/*
path-exclude=/usr/share/man/*
path-exclude=/usr/share/info/*
path-exclude=/usr/share/locale/*
path-exclude=/usr/share/lintian/*
CFG
cat >/etc/apt/apt.conf.d/90lifeboat <<'CFG'
APT::Install-Recommends "false";
Acquire::Languages "none";
Acquire::Retries "3";
Dpkg::Use-Pty "0";
CFG
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
mkdir -p /etc/postgresql-common/createcluster.d
echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/lifeboat.conf

# The second half of a bootstrap: /unpacked holds the packages that the base consists of.
if [ -d /unpacked ]; then
  cp /usr/share/base-passwd/passwd.master /etc/passwd
  cp /usr/share/base-passwd/group.master /etc/group
  [ -e /usr/bin/awk ] || ln -s mawk /usr/bin/awk
  dpkg --force-depends --install /unpacked/*.deb
  rm -rf /unpacked
fi

# pgBackRest and Barman as packaged, the compressors that backups use, and ps for a look inside.
apt-get update
apt-get install --yes \
  "postgresql-$VERSION" "postgresql-client-$VERSION" \
  pgbackrest barman barman-cli \
  zstd lz4 procps

install -d -m 2775 -o postgres -g postgres /var/run/postgresql
apt-get clean
rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/dpkg.log /var/cache/debconf/*-old

"/usr/lib/postgresql/$VERSION/bin/postgres" --version
pgbackrest version
