# What a drill takes beside the commands of PostgreSQL in it. In: the lines of lifeboat's own log
# (LIFEBOAT_LOG=debug); $journal: the journal of the same run. Out: seconds by part.
#
# Raw is what somebody would wait for who ran the same commands by hand, each at once after the one before: copying a
# prepared cluster (or initdb), starts until a connection is taken, backups, what the archiver needs, the restore, replay
# and promotion, and the proof of new protection. The drill's declared work is in neither figure. What runs side by side
# counts once.
def seconds: (sub("\\.[0-9]+Z$"; "Z") | fromdate) + ((capture("(?<f>\\.[0-9]+)Z$").f // "0") | "0" + . | tonumber);
def took: capture("^(?<n>[0-9.]+)(?<unit>s|ms|µs|ns)$") | (.n | tonumber) * ({s: 1, ms: 1e-3, "µs": 1e-6, ns: 1e-9}[.unit]);
def raw: test("^(copy the prepared cluster|make a cluster with initdb|load the dataset|keep the prepared cluster|copy the primary to|start the server|stop the server|connect to |see the old server|follow the promotion|promote |take |restore |verify |read dump|see the segment archived|compare the archived segment|see the standby)");
# The length of a union of intervals, cut to one.
def within($from; $to): map([([.[0], $from] | max), ([.[1], $to] | min)] | select(.[0] < .[1])) | sort
  | reduce .[] as $i ({end: 0, sum: 0}; ([$i[0], .end] | max) as $begin | if $i[1] > $begin then {end: $i[1], sum: (.sum + $i[1] - $begin)} else . end) | .sum;
($journal[0] | (.event.started | seconds) - .at / 1e6) as $epoch
| ($journal | map(.at / 1e6 + $epoch)) as $at
| [inputs | capture("^(?<end>[0-9-]{10}T[0-9:.]+Z) +DEBUG .*what=\"(?<what>[^\"]*)\".* took=(?<took>[0-9.]+(s|ms|µs))")
    | select(.what | raw) | (.end | seconds) as $until | [$until - (.took | took), $until]] as $commands
# Restores, starts, replay and promotion are phases of a recovery, on the clock of the journal.
| [$journal[] | select(.event.event == "recovered") | .event.phases[] | select(.phase | IN("restore", "start", "replay", "promote"))
    | [.from / 1e6 + $epoch, .to / 1e6 + $epoch]] as $phases
| ($commands + $phases) as $raw
| ($journal | map(.event.event)) as $events
| ($events | index("baseline-recorded")) as $stands
| ($events | index("cleaned-up")) as $clean
| ([$journal | to_entries[] | select(.value.event.event == "step-ended") | .key] | last) as $over
| [$journal | to_entries[] | select(.value.event.event == "step-started") | .key as $begin | .value.event as $step
    | ([$journal | to_entries[] | select(.key > $begin and .value.event.event == "step-ended" and .value.event.step == $step.step) | .key] | first) as $until
    | {work: ([$journal[$begin:$until][] | .event.event] | any(. == "worked")), check: ([$journal[$begin:$until][] | .event.event] | any(. == "checked")),
       recover: ([$journal[$begin:$until][] | .event.event] | any(. == "recovered")), from: $at[$begin], to: $at[$until]}] as $steps
| def rest($from; $to): ($to - $from) - ($raw | within($from; $to));
  ($steps | map(select(.work)) | map(.to - .from) | add // 0) as $work
| {work: $work, wall: ($at[-1] - $at[0] - $work), raw: ($raw | within($at[0]; $at[-1])),
   set_up: rest($at[0]; $at[$stands]),
   recover: ($steps | map(select(.recover) | rest(.from; .to)) | add // 0),
   check: ($steps | map(select(.check) | rest(.from; .to)) | add // 0),
   others: ($steps | map(select((.work or .check or .recover) | not) | rest(.from; .to)) | add // 0),
   evidence: rest($at[$over]; $at[$clean - 1]), clean_up: rest($at[$clean - 1]; $at[-1])}
