# From single measures to rows: the median of ours, the median of theirs, their ratio, and the aim.
def median: sort | if length == 0 then null elif length % 2 == 1 then .[length / 2 | floor] else (.[length / 2 - 1] + .[length / 2]) / 2 end;
def round3: if . == null then . else . * 1000 | round / 1000 end;
(group_by(.name) | map({key: .[0].name, value: map(.value)}) | from_entries) as $all
| def of($name): $all[$name] // [];
  def row($what; $unit; $ours; $theirs; $against; $aim; $most):
    (of($ours) | median) as $a | (if $theirs then of($theirs) | median else null end) as $b
    | select($a)
    | (if $theirs == null then $a elif $aim == "within" then ([of($ours), of($theirs)] | transpose | map((.[0] - .[1]) * 1000) | median) else $a / $b end) as $figure
    | {what: $what, unit: $unit, lifeboat: ($a | round3), other: ($b | round3), against: $against, rounds: (of($ours) | length),
       figure: ($figure | round3), aim: $aim, limit: $most,
       met: (if $most == null then null elif $aim == "at least" then $figure >= $most elif $aim == "within" then ($figure | fabs) <= $most else $figure <= $most end)};
  {when: $when, commit: $commit, postgres: $postgres, machine: $machine,
   rows: [
     row("loss/pitr-latest: wall time"; "s"; "pitr.wall.lifeboat"; "pitr.wall.script"; "plain script"; "at most"; 0.8),
     row("the same"; "s"; "pitr.wall.lifeboat"; "pitr.wall.unproven"; "plain script that proves no new protection"; null; null),
     row("loss/pitr-latest: RTO"; "s"; "pitr.rto.lifeboat"; "pitr.rto.script"; "plain script, first write"; "at most"; 0.6),
     row("the same"; "s"; "pitr.rto.lifeboat"; "pitr.rto.believed"; "plain script, pg_isready"; null; null),
     row("RTO and the server's log"; "s"; "pitr.rto.lifeboat"; "pitr.rto.log"; "first insert in the log"; "within"; 5),
     row("the same"; "s"; "pitr.rto.lifeboat"; "pitr.rto.ready"; "“ready to accept connections”"; "within"; null),
     (("docker", "local") as $runtime | "overhead.\($runtime)." as $of
       | row("loss/pitr-latest on \($runtime) without its declared work"; "s"; "\($of)wall"; "\($of)raw"; "the raw commands of PostgreSQL in it"; "at most"; 1.25),
         row("of the rest: set-up (nodes, image, baseline)"; "s"; "\($of)set_up"; null; null; null; null),
         row("of the rest: recovery"; "s"; "\($of)recover"; null; null; null; null),
         row("of the rest: checks"; "s"; "\($of)check"; null; null; null; null),
         row("of the rest: other steps"; "s"; "\($of)others"; null; null; null; null),
         row("of the rest: evidence"; "s"; "\($of)evidence"; null; null; null; null),
         row("of the rest: cleanup"; "s"; "\($of)clean_up"; null; null; null; null)),
     row("commits a second with the ledger"; "/s"; "commits.lifeboat"; "commits.pgbench"; "pgbench"; "at least"; 0.95),
     row("fingerprint of the content"; "s"; "content.fingerprint"; "content.dump"; "pg_dump of the rows"; "at most"; 2),
     row("one million commits: read"; "ms"; "judge.read"; null; null; null; null),
     row("one million commits: judge"; "ms"; "judge.judge"; null; null; null; null),
     row("one million commits: render all reports"; "ms"; "judge.render"; null; null; null; null),
     row("one million commits: read, judge and render"; "ms"; "judge.read, judge and render"; null; null; "at most"; 1000),
     row("one million commits: resident memory"; "MB"; "judge.resident"; null; null; "at most"; 50)
   ],
   measures: $all}
