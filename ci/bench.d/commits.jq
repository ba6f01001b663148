# Acknowledged commits a second in the step titled "measure". In: the ledger's lines; $journal: the journal.
([$journal[] | select(.event.event == "step-started" and .event.title == "measure")][0]) as $begin
| ([$journal[] | select(.event.event == "step-ended" and .event.step == $begin.event.step)][0].at) as $over
| reduce (inputs | fromjson | arrays | select(.[5] == "a" and .[4] >= $begin.at and .[4] < $over)) as $commit (0; . + 1)
| . * 1e6 / ($over - $begin.at)
