# The table for people, in Markdown. In: the summary.
def cell: if . == null then "–" else tostring end;
def figure: if .aim == "within" then "\(.figure) ms" elif .other == null then "–" else "\(.figure) ×" end;
def aim: if .limit == null then "–"
  elif .aim == "within" then "± \(.limit) ms"
  elif .other == null then "\(if .aim == "at least" then "≥" else "≤" end) \(.limit) \(.unit)"
  else "\(if .aim == "at least" then "≥" else "≤" end) \(.limit) ×" end;
"Medians, PostgreSQL \(.postgres) on docker, commit \(.commit), \(.when); \(.machine).",
"",
"| measure | lifeboat | against | | ratio | aim | |",
"|---|---:|---|---:|---:|---:|---|",
(.rows[] | "| \(.what) | \(.lifeboat) \(.unit) | \(.against // "") | \(.other | cell) | \(figure) | \(aim) | \(if .met == null then "" elif .met then "✓" else "✗" end) |")
