# Seconds from $fault to the first line of a server's log that matches $pattern. In: the log's lines.
[inputs | capture("^(?<day>[0-9-]{10}) (?<time>[0-9:]{8})(?<f>\\.[0-9]{3}) UTC \\[[0-9]+\\] LOG:  (?<text>.*)") | select(.text | test($pattern))][0]
  | ("\(.day)T\(.time)Z" | fromdate) + ("0" + .f | tonumber) - $fault
