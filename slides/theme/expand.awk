# expand.awk: puts the repository's own lines into a deck.  Run in the root:  awk -f slides/theme/expand.awk slides/06_data_parallel.md
#
# A deck contains no code and no measured number. It says where they stand:
#
#   <!-- show: mlp.cpp | void Mlp::forward( ... -->       lines of a file, as a block. What stands between bars is one of
#     TEXT           the line that contains TEXT (with ^TEXT: that begins with it)
#     TEXT ...       from that line to the end of what begins there: its closing brace, or a semicolon before any brace
#     TEXT ... END   from that line to the next one that contains END
#   {{README.md | trained 4690 steps | 5}}               word 5 of a line; column 5, if the line is a table's
#   {{results/memory.csv | ranks=4 level=2 | state}}      a cell of a .csv file
#
# TEXT must stand in exactly one line of the file; `ANCHOR >> TEXT` is the first line with TEXT behind the one with ANCHOR.
# FILE is looked for in the deck's chapter, then from the root. Every slide `# Title {minutes=2}` says how long it takes; the
# sum and the number of slides go into the front matter. A line of notes that begins with `Ask:` or `Demo:` gets that word bold.
#
# Whatever is missing is an error: `slides/06_data_parallel.md:42: ...` on standard error, status 1 at the end.

function complain(text) { printf "%s:%d: %s\n", deck, at, text > "/dev/stderr"; errors++ }

function trim(s) { sub(/^[ \t]+/, "", s); sub(/[ \t]+$/, "", s); return s }

# The path of a file that the deck names, read into line[path, 1..lines[path]]; "" if there is none.
function read(name,    path, text, i) {
  for (i = 1; i <= 2; i++) {
    path = i == 1 ? "chapters/" topic "/" name : name
    if (path in lines) return path
    lines[path] = 0
    while ((getline text < path) > 0) line[path, ++lines[path]] = text
    close(path)
    if (lines[path] > 0) return path
    delete lines[path]
  }
  complain("there is no file " name)
  return ""
}

function has(text, wanted) { return wanted ~ /^\^/ ? index(text, substr(wanted, 2)) == 1 : index(text, wanted) > 0 }

# The number of the line that `where` (TEXT or ANCHOR >> TEXT) means; 0 and a complaint if it is not exactly one.
function find(path, where,    cut, i, n, first) {
  cut = index(where, " >> ")
  if (cut) {
    i = find(path, trim(substr(where, 1, cut - 1)))
    if (!i) return 0
    where = trim(substr(where, cut + 4))
    for (i++; i <= lines[path]; i++) if (has(line[path, i], where)) return i
    complain("no line of " path " behind that one contains \"" where "\"")
    return 0
  }
  for (i = 1; i <= lines[path]; i++) if (has(line[path, i], where)) { n++; if (!first) first = i }
  if (n == 1) return first
  if (n == 0) complain("no line of " path " contains \"" where "\"")
  else complain(n " lines of " path " contain \"" where "\", line " first " is the first: say more, or ANCHOR >> " where)
  return 0
}

# How many braces a line of C++ opens, less those that it closes; comments and literals do not count.
function braces(text,    opened, closed) {
  gsub(/\\\\|\\"|\\'/, "", text)
  gsub(/"[^"]*"|'[^']*'/, "", text)
  sub(/\/\/.*/, "", text)
  has_open = index(text, "{") > 0
  ends_statement = text ~ /;[ \t]*$/
  opened = gsub(/\{/, "", text)
  closed = gsub(/\}/, "", text)
  return opened - closed
}

# Appends the lines that a piece (see above) means to part[1..parts].
function take(path, piece,    cut, from, to, end, depth, opened) {
  cut = index(piece, " ...")
  from = find(path, trim(cut ? substr(piece, 1, cut - 1) : piece))
  if (!from) return
  to = from
  if (cut) {
    end = trim(substr(piece, cut + 4))
    if (end != "") {
      for (to = from + 1; to <= lines[path] && !has(line[path, to], end); to++) { }
      if (to > lines[path]) { complain("no line of " path " behind line " from " contains \"" end "\""); return }
    } else {
      for (; to <= lines[path]; to++) {
        depth += braces(line[path, to])
        if (has_open) opened = 1
        if (opened ? depth <= 0 : ends_statement) break
      }
      if (to > lines[path]) { complain("what begins in line " from " of " path " never ends"); return }
    }
  }
  if (last_taken && from > last_taken + 1 && language != "text") part[++parts] = "// ..."
  for (; from <= to; from++) part[++parts] = line[path, from]
  last_taken = to
}

# Breaks lines of a program's output that no slide is wide enough for: the rest goes on below, indented.
function wrap(    i, n, at_blank, new) {
  for (i = 1; i <= parts; i++) {
    for (new[++n] = part[i]; length(new[n]) > widest && (at_blank = last_blank(substr(new[n], 1, widest))) > 5; n++) {
      new[n + 1] = "    " substr(new[n], at_blank + 1)
      new[n] = substr(new[n], 1, at_blank - 1)
    }
  }
  for (i = 1; i <= n; i++) part[i] = new[i]
  parts = n
}

function last_blank(text) { return match(text, / [^ ]*$/) }

# Prints part[1..parts] as a block without their common indentation. The style sheet wants to know its size.
function print_block(file,    i, indent, longest, width) {
  if (language == "text") wrap()
  indent = 1000
  for (i = 1; i <= parts; i++) {
    if (part[i] == "" || part[i] == "// ...") continue
    match(part[i], /^ */)
    if (RLENGTH < indent) indent = RLENGTH
  }
  for (i = 1; i <= parts; i++) {
    if (part[i] != "// ...") part[i] = substr(part[i], indent + 1)
    width = part[i]
    gsub(/[\200-\277]/, "", width) # the later bytes of a character
    if (length(width) > longest) longest = length(width)
  }
  printf "~~~~~~~~ {.%s %sstyle=\"--columns: %d; --lines: %d\"}\n", language, file == "" ? "" : "file=\"" file "\" ", longest, parts
  for (i = 1; i <= parts; i++) print part[i]
  print "~~~~~~~~"
}

function show(text,    n, piece, i, path) {
  sub(/^<!-- show: */, "", text)
  sub(/ *-->$/, "", text)
  n = split(text, piece, / \| /)
  path = read(trim(piece[1]))
  if (path == "") return
  if (n < 2) { complain("which lines of " path "?"); return }
  language = path ~ /\.(cpp|cu|cuh|h)$/ ? "cpp" : "text"
  parts = last_taken = 0
  for (i = 2; i <= n; i++) take(path, trim(piece[i]))
  print_block(language == "text" ? "" : path)
}

# The cell in `column` of the only row of a CSV file for which all of "name=value name=value" hold.
function csv_cell(path, where, column,    head, names, n, name, conditions, i, r, j, cells, good, found, value) {
  for (head = 1; line[path, head] ~ /^#/; head++) { }
  n = split(line[path, head], name, /,/)
  for (i = 1; i <= n; i++) names[name[i]] = i
  if (!(column in names)) { complain(path " has no column " column); return "" }
  conditions = split(where, name, / +/)
  for (r = head + 1; r <= lines[path]; r++) {
    split(line[path, r], cells, /,/)
    good = 1
    for (i = 1; i <= conditions; i++) {
      j = index(name[i], "=")
      if (!(substr(name[i], 1, j - 1) in names)) { complain(path " has no column " substr(name[i], 1, j - 1)); return "" }
      if (cells[names[substr(name[i], 1, j - 1)]] != substr(name[i], j + 1)) good = 0
    }
    if (good) { found++; value = cells[names[column]] }
  }
  if (found != 1) complain(found + 0 " rows of " path " have " where)
  return value
}

function number(reference,    piece, path, i, cells, value) {
  if (split(reference, piece, / \| /) != 3) { complain("{{FILE | WHERE | WHICH}}, not {{" reference "}}"); return "?" }
  path = read(trim(piece[1]))
  if (path == "") return "?"
  if (path ~ /\.csv$/) value = csv_cell(path, trim(piece[2]), trim(piece[3]))
  else {
    i = find(path, trim(piece[2]))
    if (!i) return "?"
    if (line[path, i] ~ /^\|/) split(substr(line[path, i], 2), cells, /\|/)
    else split(line[path, i], cells)
    value = trim(cells[piece[3] + 0])
    gsub(/^[(`*]+|[,;:.%)`*]+$/, "", value)
  }
  if (value !~ /^[-+]?[0-9][0-9,]*\.?[0-9]*(e[-+]?[0-9]+)?$/) complain("\"" value "\" in " path " is not a number")
  return value
}

function with_numbers(text,    out, from, to) {
  while ((from = index(text, "{{")) > 0 && (to = index(text, "}}")) > from) {
    out = out substr(text, 1, from - 1) number(trim(substr(text, from + 2, to - from - 2)))
    text = substr(text, to + 2)
  }
  return out text
}

function check_pictures(text,    path, unread) {
  while (match(text, /!\[[^]]*\]\([^)]*\)/)) {
    path = substr(text, RSTART, RLENGTH)
    sub(/^.*\(/, "", path)
    sub(/\)$/, "", path)
    if ((getline unread < ("slides/" path)) <= 0) complain("there is no picture " path)
    close("slides/" path)
    text = substr(text, RSTART + RLENGTH)
  }
}

BEGIN { widest = 116 }
FNR == 1 { deck = FILENAME; topic = deck; sub(/^.*\//, "", topic); sub(/\.md$/, "", topic) }
{ text[FNR] = $0 }
/^```/ { fenced = !fenced }
!fenced && /^# / {
  slides++
  if (match($0, /minutes=[0-9.]+/)) minutes += substr($0, RSTART + 8, RLENGTH - 8)
  else { at = FNR; complain("a slide without {minutes=...}") }
}

END {
  for (at = 1; at <= NR; at++) {
    now = text[at]
    if (now == "---" && at > 1 && !headed) { print "slides: " slides + 0; print "minutes: " minutes + 0; headed = 1 }
    if (now ~ /^```/) { # a block of the deck itself: commands to type, above all
      language = substr(now, 4)
      if (language == "") language = "text"
      parts = 0
      for (at++; at <= NR && text[at] !~ /^```/; at++) part[++parts] = text[at]
      print_block("")
      continue
    }
    if (now ~ /^<!-- show: .*-->$/) { show(now); continue }
    check_pictures(now)
    now = with_numbers(now)
    if (now ~ /^(Ask|Demo|Answer): /) { sub(/:/, ":**", now); now = "**" now }
    print now
  }
  if (errors) exit 1
}
