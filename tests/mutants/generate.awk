# Lists small bugs of the kinds that maintenance makes, one a line:  awk -f generate.awk FILE...
#
#   FILE <tab> LINE <tab> KIND <tab> the line as it is <tab> the line with the bug
#
# One rule for each kind, see below. Comments and strings are left alone, and so is what cannot fail at run time: includes,
# declarations of types, static_assert; and what only nvcc compiles, since the tests of the bugs run on the CPU. Some of what is
# listed does not compile; whoever plants it finds out.

BEGIN { OFS = "\t" }

FNR == 1 { inside_comment = on_gpu_only = 0 }
/^#(else|endif)/ { on_gpu_only = 0 }
/^#(ifdef __NVCC__|ifndef CUDA_ON_CPU)/ { on_gpu_only = 1 }
on_gpu_only { next }

{
  code = masked($0)
  if (code ~ /^ *(#|using |template|static_assert|namespace|class |struct |enum |friend |public:|private:|})/ || code !~ /[a-z]/) next
  replace("relation", " < ", " <= ");  replace("relation", " <= ", " < ")
  replace("relation", " > ", " >= ");  replace("relation", " >= ", " > ")
  replace("relation", " == ", " != "); replace("relation", " != ", " == ")
  replace("arithmetic", " \\+ ", " - ");  replace("arithmetic", " - ", " + ")
  replace("arithmetic", " \\* ", " / ");  replace("arithmetic", " / ", " * ")
  replace("arithmetic", " % ", " / ");    replace("arithmetic", " \\+= ", " -= ")
  replace("logic", " && ", " || ");       replace("logic", " \\|\\| ", " && ")
  replace("logic", "!", "", "[A-Za-z(]"); replace("logic", "true", "false", "[^A-Za-z0-9_]"); replace("logic", "false", "true", "[^A-Za-z0-9_]")
  replace("extreme", "std::min", "std::max"); replace("extreme", "std::max", "std::min")
  replace("extreme", "std::floor", "std::ceil"); replace("extreme", "std::ceil", "std::floor")
  # What else maintenance mixes up (--kinds): the other of two, the other arm, the next two arguments, a word of a text.
  opposite("first", "last"); opposite("begin", "end"); opposite("front", "back"); opposite("MPI_MIN", "MPI_MAX"); opposite("min", "max")
  opposite("rank", "size"); opposite("inside", "between"); opposite("sent", "received"); opposite("rows", "columns"); opposite("left", "right")
  opposite("forward", "backward"); opposite("before", "after"); opposite("data", "tensor"); opposite("stage", "slice"); opposite("MPI_SUM", "MPI_MAX")
  opposite("in", "out"); opposite("low", "high"); opposite("break", "continue"); opposite("lower_bound", "upper_bound"); opposite("rank", "node_rank")
  arms()
  later_arguments()
  texts()
  constants()
  arguments()
  condition()
  statement()
}

# The line with every character of a comment or a string replaced, so that positions stay.
function masked(line,    i, c, in_string, quote, result) {
  if (inside_comment) { if (!(i = index(line, "*/"))) return ""; inside_comment = 0; return "" }
  if (line ~ /^ *\/\*/) { if (line !~ /\*\//) inside_comment = 1; return "" }
  for (i = 1; i <= length(line); i++) {
    c = substr(line, i, 1)
    if (in_string) {
      if (c == "\\") { result = result "\001"; i++ }
      else if (c == quote) in_string = 0
      result = result "\001"
    } else if (c == "\"" || (c == "'" && substr(line, i + 1) ~ /^(.|\\.)'/)) { in_string = 1; quote = c; result = result "\001" }
    else if (substr(line, i, 2) == "//") return result
    else result = result c
  }
  return result
}

function tell(kind, changed) { if (changed != $0) print FILENAME, FNR, kind, $0, changed }

# Each place of `pattern` becomes `by`; where `after` is given, it must follow, and no letter may stand in front.
function replace(kind, pattern, by, after,    from, at, rest) {
  for (from = 1; (rest = substr(code, from)) != "" && match(rest, pattern); from = at + RLENGTH) {
    at = from + RSTART - 1
    if (after != "" && substr(code, at + RLENGTH, 1) !~ after) continue
    if (after != "" && at > 1 && substr(code, at - 1, 1) ~ /[A-Za-z0-9_]/) continue
    tell(kind, substr($0, 1, at - 1) by substr($0, at + RLENGTH))
  }
}

# Each word of a pair becomes the other one.
function opposite(one, other) { word_becomes(one, other); word_becomes(other, one) }
function word_becomes(old, new,    from, at) {
  for (from = 1; (at = index(substr(code, from), old)) > 0; from = at + length(old)) {
    at += from - 1
    if (at > 1 && substr(code, at - 1, 1) ~ /[A-Za-z0-9_]/ || substr(code, at + length(old), 1) ~ /[A-Za-z0-9_]/) continue
    tell("opposite", substr($0, 1, at - 1) new substr($0, at + length(old)))
  }
}

# condition ? one : other: the two change places.
function arms(    from, at, middle, end) {
  for (from = 1; (at = index(substr(code, from), " ? ")) > 0; from = at + 3) {
    at += from - 1
    middle = ends_at(at + 3); end = substr(code, middle, 1) == ":" ? ends_at(middle + 2) : 0
    if (end && substr(code, end, 1) != "?") tell("arms", substr($0, 1, at + 2) substr($0, middle + 2, end - middle - 2) " : " substr($0, at + 3, middle - at - 4) substr($0, end))
  }
}
# Where an operand ends that begins there: at a colon, a comma, a semicolon, or a bracket that it has not opened.
function ends_at(at,    depth, c) {
  for (; (c = substr(code, at, 1)) != ""; ++at) {
    if (depth == 0 && (c ~ /[,;)}\]]/ || substr(code, at - 1, 3) ~ /^ [:?] $/)) return at
    if (c ~ /[({\[]/) ++depth
    if (c ~ /[)}\]]/) --depth
  }
  return at
}

# The second and the third argument of a call change places, where both are simple.
function later_arguments(    at, size, pair, behind) {
  if (!match(code, /[a-z_]\([A-Za-z0-9_.\[\]]+, [A-Za-z0-9_.\[\]]+, [A-Za-z0-9_.\[\]]+[,)]/)) return
  at = RSTART + 2; size = RLENGTH - 3
  split(substr(code, at, size), pair, ", ")
  if (pair[2] != pair[3]) tell("later", substr($0, 1, at - 1) pair[1] ", " pair[3] ", " pair[2] substr($0, at + size))
}

# Of a text with several words the last one is missing; a number has another digit, or another unit.
function texts(    at, size, text, changed) {
  if ($0 ~ /#include|extern "C"/ || !match(code, /\001\001\001\001+/)) return
  at = RSTART; size = RLENGTH
  text = substr($0, at, size)
  if (text !~ /^".*"$/) return
  changed = text
  if (sub(/%\.1f/, "%.2f", changed) || sub(/%\.2f/, "%.1f", changed) || sub(/ MB/, " GB", changed) || sub(/ ms/, " us", changed) || changed ~ / / && sub(/ [A-Za-z]+[^A-Za-z%\\]*"$/, "\"", changed))
    tell("text", substr($0, 1, at - 1) changed substr($0, at + size))
}

# A whole number becomes the next one, 1 becomes 0; a number with a point is doubled.
function constants(    from, at, size, old, new) {
  for (from = 1; match(substr(code, from), /[0-9][0-9.]*(e-?[0-9]+)?/); from = at + size) {
    at = from + RSTART - 1; size = RLENGTH
    if (at > 1 && substr(code, at - 1, 1) ~ /[A-Za-z0-9_.\047]/ || substr(code, at + size, 1) ~ /[A-Za-eg-z_\047x]/) continue
    old = substr(code, at, size)
    new = old == "1" ? "0" : old ~ /[.e]/ ? "2 * " old : old + 1
    tell("constant", substr($0, 1, at - 1) new substr($0, at + size))
  }
}

# The first two arguments of a call change places, where both are simple. For the larger or the smaller of two that changes nothing.
function arguments(    at, size, name, pair) {
  if (!match(code, /[a-z_]\([A-Za-z0-9_.\[\]]+, [A-Za-z0-9_.\[\]]+[,)]/)) return
  at = RSTART + 2; size = RLENGTH - 3
  if (substr(code, 1, at - 1) ~ /std::(min|max)\($/) return
  split(substr(code, at, size), pair, ", ")
  if (pair[1] != pair[2]) tell("arguments", substr($0, 1, at - 1) pair[2] ", " pair[1] substr($0, at + size))
}

function condition(    text, at) {
  if (match(code, /^ *(\} else )?if \(.*\) *(\{|return[^;]*;|continue;|break;|throw .*;)$/) && code !~ /constexpr|;.*;/) {
    at = index(code, "if (") + 4
    match(code, /\) *(\{|return[^;]*;|continue;|break;|throw .*;)$/)
    text = substr($0, at, RSTART - at)
    tell("condition", substr($0, 1, at - 1) "!(" text ")" substr($0, RSTART))
  }
}

# A statement of one line that stands alone is left out; those that wait, lock or flush have a kind of their own.
function statement(    kind) {
  if (code !~ /^ +[A-Za-z_][A-Za-z0-9_.:>\[\]-]*(\(.*\)| [-+*\/]?= .*|\+\+|--);$/ && code !~ /^ +(continue|break|\+\+[a-z_]+);$/) return
  if (code ~ /^ +(return|throw|delete|new|co_|case|goto)[ (]/) return
  kind = code ~ /([Ww]ait|[^Bb][Ll]ock|[Ff]lush|sync|[Bb]arrier|notify|[Pp]rogress)[A-Za-z_]*\(/ ? "wait" : "removed"
  match($0, /^ */)
  tell(kind, substr($0, 1, RLENGTH) ";")
}
