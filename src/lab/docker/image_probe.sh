# What an image holds, as lines of fields parted by tabs; run as root in a container without network.
say() { printf '%s\t%s\t%s\n' "$1" "$2" "$3"; }

user=$(id -u postgres 2>/dev/null) && group=$(id -g postgres 2>/dev/null) && say user "$user:$group"

for folder in "$(pg_config --bindir 2>/dev/null)" "$(dirname "$(command -v postgres)" 2>/dev/null)" \
    /usr/lib/postgresql/*/bin /usr/local/bin /usr/local/pgsql/bin /usr/libexec/postgresql* /usr/pgsql-*/bin /opt/*/postgresql/bin /usr/bin
do
    [ -x "$folder/postgres" ] && [ -x "$folder/initdb" ] || continue
    banner=$("$folder/postgres" --version 2>/dev/null </dev/null) && say bin "$folder" "$banner"
    for program in "$folder"/pg_*; do [ -x "$program" ] && say tool "$program"; done
done

# Busybox has one that kills no process groups.
case $(timeout --version 2>/dev/null </dev/null) in *coreutils*) say tool timeout ;; esac
for tool in zstd lz4 gzip pgbackrest barman; do
    command -v "$tool" >/dev/null 2>&1 && say tool "$tool"
done
say end
