# The instant of the fault in seconds since 1970, by this machine's wall clock. In: the journal.
def seconds: (sub("\\.[0-9]+Z$"; "Z") | fromdate) + ((capture("(?<f>\\.[0-9]+)Z$").f // "0") | "0" + . | tonumber);
(map(select(.event.event == "run-started"))[0] | (.event.started | seconds) - .at / 1e6)
  + (map(select(.event.event == "fault-injected"))[0].event.at / 1e6)
