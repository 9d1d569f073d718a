# Writes an exercise from its solution:  awk -v head='text' -f stub.awk solutions/01_serial/name.cpp
#
# In a solution, a hole looks like this, and everything outside of holes is copied:
#
#   // BEGIN SOLUTION
#   the answer
#   // TODO
#   // what the student's lines must do (stays a comment)
#   // STUB
#   // code that makes the exercise compile, and fail (loses its slashes); may be nothing
#   // END SOLUTION
#
# The hole in the exercise says how many lines the answer has; blank lines and comments do not count.
function die(text) { printf "%s:%d: %s\n", FILENAME, FNR, text > "/dev/stderr"; failed = 1; exit 1 }
function marker(word, before) {
  if (state != before) die("`" word "` must follow " (before == "" ? "`END SOLUTION`" : "`" before "`") (state == "" ? "" : ", and here it follows `" state "`"))
  state = word == "END SOLUTION" ? "" : word
}
/^ *\/\/ (BEGIN SOLUTION|TODO|STUB|END SOLUTION) *$/ {
  indent = $0; sub(/\/\/.*/, "", indent)
  word = $0; sub(/^ *\/\/ /, "", word); sub(/ *$/, "", word)
  if (word == "BEGIN SOLUTION") { marker(word, ""); lines = 0; holes++ }
  if (word == "TODO") { marker(word, "BEGIN SOLUTION"); print indent "// --- YOUR CODE (" lines (lines == 1 ? " line" : " lines") " in ours)" }
  if (word == "STUB") marker(word, "TODO")
  if (word == "END SOLUTION") { marker(word, "STUB"); print indent "// --- END OF YOUR CODE" }
  next
}
state == "BEGIN SOLUTION" { if ($0 !~ /^ *(\/\/.*)?$/) lines++; next }
state == "STUB" { if (!sub(/\/\/ ?/, "")) die("a line of the stub must be a comment") }
{ print }
state == "" && head != "" { print "//\n" head; head = "" }
END {
  if (failed) exit 1
  if (state != "") die("`" state "` has no end")
  if (!holes) die("no `BEGIN SOLUTION`: nothing is left out")
}
