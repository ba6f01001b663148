# shellcheck shell=bash disable=SC2154 # version, rounds, OUT and MEASURES are ci/bench's
# How each part of ci/bench is measured. Sourced after lib.sh and setup.sh.
# prepare_PART warms up and measure_PART ROUND writes measures down; both parties take turns within a
# round, and the one that begins changes with the round.

# measure NAME VALUE: writes a measure down, in the unit of its row in summary.jq.
measure() {
  jq --null-input --compact-output --arg name "$1" --argjson value "$2" '{name: $name, value: $value}' \
    >>"$MEASURES" || die "there is no figure for $1"
}

# in_turns ROUND FIRST SECOND: calls two functions; the second comes first in even rounds.
in_turns() {
  if [ $(($1 % 2)) -eq 1 ]; then "$2" && "$3"; else "$3" && "$2"; fi
}

# run_drill CODE FILE [OPTIONS…]: lifeboat with reports of its own in $OUT; it must end with CODE.
run_drill() {
  local expected=$1 file=$2 code=0
  shift 2
  rm -rf "$OUT/reports"
  "$LIFEBOAT" run "$file" --runtime docker --postgres "$version" --reports "$OUT/reports" "$@" \
    >>"$LOGS/bench-$part.log" 2>&1 || code=$?
  [ "$code" -eq "$expected" ]
}

# image: the one that lifeboat takes.
image() {
  if docker image inspect "lifeboat-postgres:$version" >/dev/null 2>&1; then
    printf 'lifeboat-postgres:%s\n' "$version"
  else
    printf 'postgres:%s\n' "$version"
  fi
}

# --- pitr: the drill against the script ---

prepare_pitr() {
  local part=pitr drill=$OUT/pitr-latest.toml
  # The shipped drill, but its servers log each insert: the log must tell when the first came.
  sed 's/^settings = { archive_timeout = "2s" }/settings = { archive_timeout = "2s", log_statement = "mod" }/' \
    "$ROOT/drills/loss/pitr-latest.toml" >"$drill"
  grep -q log_statement "$drill" || die "drills/loss/pitr-latest.toml is no longer what ci/bench knows"
  # Once without measuring: the dataset is prepared, and the image's pages are in the cache, for both.
  run_drill 0 "$drill" || die "lifeboat does not pass its drill; see $LOGS/bench-pitr.log"
  measure pitr.first "$(jq .took "$OUT/reports/latest/report.json")"
}

measure_pitr() { in_turns "$1" pitr_of_lifeboat pitr_of_script; }

pitr_of_lifeboat() {
  local began ended run
  began=$(date +%s.%N)
  run_drill 0 "$OUT/pitr-latest.toml" || return
  ended=$(date +%s.%N)
  run=$OUT/reports/latest
  measure pitr.wall.lifeboat "$(jq --null-input "$ended - $began")"
  measure pitr.rto.lifeboat "$(jq '.drills[0].rto' "$run/report.json")"
  # The wall clock and the run's own are tied by the journal's first line, which has both.
  local fault
  fault=$(jq --slurp --from-file "$ROOT/ci/bench.d/fault.jq" "$run/journal.jsonl") || return
  measure pitr.rto.log "$(logged "$run" 'execute .*insert into "?lifeboat"?."?commits' "$fault")" || return
  measure pitr.rto.ready "$(logged "$run" 'database system is ready to accept connections' "$fault")"
}

# logged RUN PATTERN FAULT: seconds from the fault to the first such line in the recovered server's log.
logged() {
  jq --raw-input --null-input --arg pattern "$2" --argjson fault "$3" --from-file "$ROOT/ci/bench.d/logged.jq" \
    "$1"/*/evidence/recovered.log
}

pitr_of_script() {
  local said
  said=$(timeout --kill-after=60 10m "$ROOT/ci/bench.d/plain-pitr" "$(image)" 2>>"$LOGS/bench-pitr.log") || return
  measure pitr.wall.script "$(jq .wall <<<"$said")"
  measure pitr.wall.unproven "$(jq '.wall - .proof' <<<"$said")"
  measure pitr.rto.script "$(jq .rto <<<"$said")"
  measure pitr.rto.believed "$(jq .believed <<<"$said")"
}

# --- overhead: the drill against the commands that it runs ---

prepare_overhead() {
  local part=overhead
  local_postgres || die "no PostgreSQL on this machine"
  overhead_run docker "$version" || die "lifeboat does not pass its drill; see $LOGS/bench-overhead.log"
  overhead_run local '' || die "lifeboat does not pass its drill on local; see $LOGS/bench-overhead.log"
}

measure_overhead() { overhead_of docker "$version" && overhead_of local ''; }

# overhead_of RUNTIME VERSION: the parts of a drill's wall time, from the journal and from lifeboat's own log, which has the
# end and the length of each command and of each wait.
overhead_of() {
  local run=$OUT/reports/latest said name
  overhead_run "$@" || return
  said=$(jq --raw-input --null-input --slurpfile journal "$run/journal.jsonl" \
    --from-file "$ROOT/ci/bench.d/overhead.jq" "$OUT/overhead.log") || return
  for name in wall raw set_up recover check others evidence clean_up; do
    measure "overhead.$1.$name" "$(jq ".$name" <<<"$said")"
  done
}

# overhead_run RUNTIME VERSION: the drill on a runtime; '' is the newest version of this machine.
overhead_run() {
  local of=()
  [ -z "$2" ] || of=(--postgres "$2")
  rm -rf "$OUT/reports"
  LIFEBOAT_LOG=lifeboat=debug "$LIFEBOAT" run "$ROOT/drills/loss/pitr-latest.toml" --runtime "$1" "${of[@]}" \
    --reports "$OUT/reports" >"$OUT/overhead.log" 2>&1 || { cat "$OUT/overhead.log" >>"$LOGS/bench-overhead.log" && return 1; }
}

# --- commits and content: a server that lifeboat leaves, and the other tool on the same server ---

# leave_server DRILL: runs a drill whose objective can't be kept, so that its lab stays.
leave_server() {
  local code=0
  remove_server
  run_drill 1 "$ROOT/ci/bench.d/$1.toml" --keep-on-failure || code=$?
  RUN=$(jq --raw-output .run "$OUT/reports/latest/report.json") && [ "$code" -eq 0 ] || return
  SERVER=$(docker ps --quiet --filter "label=lifeboat.run=$RUN" --filter label=lifeboat.node=primary)
  [ -n "$SERVER" ] || return
  # Whoever asks from the lab's network is let in, without the password that lifeboat keeps to itself.
  docker exec --user postgres "$SERVER" sh -euc \
    'sed -i s/scram-sha-256/trust/ /lifeboat/run/pg_hba.conf; kill -HUP "$(head -n 1 /lifeboat/data/pgdata/postmaster.pid)"'
}

# remove_server: the lab that was left, if one was.
remove_server() {
  [ -n "${RUN:-}" ] || return 0
  docker ps --all --quiet --filter "label=lifeboat.run=$RUN" | xargs --no-run-if-empty docker rm --force --volumes
  docker volume ls --quiet --filter "label=lifeboat.run=$RUN" | xargs --no-run-if-empty docker volume rm
  docker network ls --quiet --filter "label=lifeboat.run=$RUN" | xargs --no-run-if-empty docker network rm
  RUN=''
} >/dev/null

prepare_commits() {
  need_pgbench
  local part=commits
  leave_server commits || die "no server to commit on; see $LOGS/bench-commits.log"
  remove_server
}

# Both clients run on this machine and reach the server over the lab's network.
need_pgbench() {
  PGBENCH=pgbench
  if ! have pgbench; then
    local_postgres || die "no pgbench on this machine"
    PGBENCH=$LIFEBOAT_PG_BIN/pgbench
  fi
}

measure_commits() {
  local address run
  leave_server commits || return
  run=$OUT/reports/latest
  measure commits.lifeboat "$(jq --raw-input --null-input --slurpfile journal "$run/journal.jsonl" \
    --from-file "$ROOT/ci/bench.d/commits.jq" "$run"/*/ledger.jsonl)"
  address=$(docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' "$SERVER")
  measure commits.pgbench "$(pgbench_at "$address" 2 100 >/dev/null && pgbench_at "$address" 8 200)"
  remove_server
}

# pgbench_at ADDRESS SECONDS FIRST_WRITER: commits a second of as many clients, with the same statement.
pgbench_at() {
  "$PGBENCH" --no-vacuum --protocol prepared --client 4 --jobs 2 --time "$2" \
    --define seq=0 --define first="$3" --define note=0123456789abcdef-1-10000 --file "$ROOT/ci/bench.d/insert.sql" \
    --host "$1" --username lifeboat_app shop 2>>"$LOGS/bench-commits.log" | sed -n 's/^tps = \([0-9.]*\).*/\1/p'
}

prepare_content() {
  local part=content
  leave_server content || die "no server to read; see $LOGS/bench-content.log"
  remove_server
}

measure_content() {
  local millis
  leave_server content || return
  for millis in $(jq 'select(.event.event == "checked") | .event.facts.after.millis' "$OUT/reports/latest/journal.jsonl"); do
    measure content.fingerprint "$(jq --null-input "$millis / 1000")"
    measure content.dump "$(dump_takes)"
  done
  remove_server
}

# dump_takes: seconds that pg_dump needs for all rows, timed beside it, without its output going anywhere.
dump_takes() {
  # shellcheck disable=SC2016 # the container's shell expands it
  docker exec --user postgres "$SERVER" sh -euc \
    'from=$(date +%s%N); pg_dump --format custom --compress 0 --data-only -h localhost shop > /dev/null 2>&1; to=$(date +%s%N)
     echo "$(((to - from) / 1000))e-6"'
}

# --- judge: benches/judge.rs ---

prepare_judge() { :; }

measure_judge() {
  quietly bench-judge "cargo bench" 20m cargo bench --locked --bench judge || return
  local name estimates="$TARGET/criterion/1000000 commits"
  for name in read judge render "read, judge and render"; do
    measure "judge.$name" "$(jq '.median.point_estimate / 1e6' "$estimates/$name/new/estimates.json")"
  done
  measure judge.resident "$(sed -n 's/^resident at most: \([0-9]*\) kB$/\1e-3/p' "$LOGS/bench-judge.log")"
}
