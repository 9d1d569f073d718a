# See contracts, which calls this with the solution and the judge of each task, one behind the other. A sentence ends where a full stop (or
# a question mark) stands before a blank and a word, and with a paragraph. What is indented, a table or a formula, belongs to the sentence
# above it, also behind an empty line.

function trim(text) { gsub(/[ \t]+/, " ", text); sub(/^ /, "", text); sub(/ $/, "", text); return text }
function wrong(text) { printf "FAILED  %-26s %s\n", name, text; failed++ }

# Cuts `paragraph` into sentences and keeps them.
function keep(    rest, head, at, tail) {
  rest = trim(paragraph)
  paragraph = head = ""
  while (match(rest, /[.]\)? [A-Za-z0-9*`_(]|[?] [A-Z]/)) {
    at = RSTART + RLENGTH - 3
    tail = substr(rest, at + 2)
    head = head substr(rest, 1, at)
    rest = tail
    # No end: the initial of a name, and the dots of a list that goes on.
    if (head ~ /(^|[(]|[,:] )[A-Z][.]$/ || (head ~ /[.][.]$/ && tail !~ /^[A-Z][a-z]* /)) { head = head " "; continue }
    sentence[++sentences] = head
    head = ""
  }
  if (head rest != "") sentence[++sentences] = head rest
}

# Notes `check` at the sentences that begin with the words in `text`, with | between them.
function note(text, check,    parts, n, i, s, words, found) {
  n = split(text, parts, / \| /)
  for (i = 1; i <= n; i++) {
    words = trim(parts[i])
    found = 0
    for (s = 1; s <= sentences; s++)
      if (words != "" && index(sentence[s], words) == 1) { found++; checks[s] = checks[s] (checks[s] == "" ? "" : ", ") check }
    if (found != 1) wrong((found == 0 ? "no sentence begins" : "several sentences begin") " with \"" words "\", at " check)
  }
}

# All lines of a task are read.
function finish(    s, shown) {
  if (name == "") return
  if (waiting != "") wrong("no test of the task stands below \"covers: " waiting "\"")
  if (sentences == 0) wrong("has no contract")
  if (table) print "\n" name
  for (s = 1; s <= sentences; s++) {
    if (checks[s] == "") wrong("nothing covers: " sentence[s])
    else if (checks[s] ~ /^unchecked/) skipped++
    else passed++
    if (checks[s] ~ /^unchecked/ && !table) printf "  SKIPPED %s: %s: %s\n", name, checks[s], sentence[s]
    shown = length(sentence[s]) > 100 ? substr(sentence[s], 1, 97) "..." : sentence[s]
    while (shown ~ /[\300-\377][\200-\277]*\.\.\.$/) sub(/[\300-\377][\200-\277]*\.\.\.$/, "...", shown)
    if (checks[s] == "") checks[s] = "NOTHING"
    if (table) printf "  %-36s%s %s\n", checks[s], (length(checks[s]) > 36 ? sprintf("\n%38s", "") : ""), shown
  }
  split("", sentence)
  split("", checks)
  sentences = 0
  waiting = name = ""
}

FNR == 1 && FILENAME ~ /^solutions/ {
  finish()
  name = test = FILENAME
  gsub(/^solutions\/|[.][a-z]*$/, "", name)
  sub(/_.*\//, "_", name)
  gsub(/.*\/|[.][a-z]*$/, "", test)
  hole = 0
  next  # the title
}

# The contract: comments that begin a line, outside of holes.
FILENAME ~ /^solutions/ {
  if (/BEGIN SOLUTION/) hole = 1
  if (!hole && /^\/\/ +[^ ]/) {
    indented = /^\/\/   /
    if (!indented && (gap || (table_above && /^\/\/ [A-Z]/))) keep()
    gap = 0
    table_above = indented
    paragraph = paragraph " " substr($0, 4)
  } else if (!hole && /^\/\/ *$/) gap = 1
  else { keep(); gap = 0 }
  if (/END SOLUTION/) hole = 0
  next
}

FNR == 1 { keep(); gap = 0 }
sub(/^\/\/ covers: /, "") { waiting = waiting (waiting == "" ? "" : " | ") $0; next }
/^\/\/ (explains|unchecked) \([^)]*\): / {
  match($0, /\([^)]*\): /)
  check = substr($0, RSTART, RLENGTH - 2)
  note(substr($0, RSTART + RLENGTH), ($0 ~ /unchecked/ ? "unchecked " : "") check)
  next
}
waiting != "" && match($0, /^TEST\([^)]*\)/) {
  check = substr($0, 6, RLENGTH - 6)
  if (index(check, test ", ") != 1) { wrong("\"covers: " waiting "\" stands above a test of another task"); waiting = ""; next }
  sub(/.*, /, "", check)
  note(waiting, check)
  waiting = ""
}
END {
  finish()
  if (table) print ""
  print passed + 0 " passed, " failed + 0 " failed, " skipped + 0 " skipped"
  exit failed > 0
}
