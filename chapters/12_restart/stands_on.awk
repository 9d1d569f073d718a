# What programs stand on, by their includes:  awk -v programs="chapters/12_restart/train.cpp" -f stands_on.awk SOURCES AND HEADERS...
# Prints the sources of libraries that may be needed, one a line, so that `make train` compiles no others.
#
# A header brings the source of its name. One without (matmul.h) brings those in its folder that include it; a source that has no header
# (matmul_3_packed.cpp) comes with every header there that it includes. That is more than is linked: an archive gives what is called.
FNR == 1 { files[++count] = FILENAME; is[FILENAME] }
/^#include "chapters\// { split($0, part, "\""); included[FILENAME] = included[FILENAME] " " part[2] }
/^int main/ { program[FILENAME] }
function folder(file) { sub(/[^\/]*$/, "", file); return file }
function stem(file) { sub(/\.[^.]*$/, "", file); return file }
function has_source(header) { return stem(header) ".cpp" in is || stem(header) ".cu" in is }
function has_header(source) { return stem(source) ".h" in is }

# The source may define what stands in headers that the file includes.
function defines(source, file,    n, i, header) {
  n = split(included[file], header, " ")
  for (i = 1; i <= n; i++) {
    if (folder(header[i]) != folder(source) || (source, header[i]) in asked) continue
    asked[source, header[i]]
    if (!has_header(source) || !has_source(header[i])) sources[header[i]] = sources[header[i]] " " source
    if (!has_header(source) && !has_source(header[i])) defines(source, header[i])
  }
}
function reach(file,    n, i, next_one) {
  if (!(file in is) || file in reached) return
  reached[file]
  if (file ~ /\.(cpp|cu)$/ && !(file in program)) print file
  n = split((file ~ /\.h$/ ? stem(file) ".cpp " stem(file) ".cu " : "") sources[file] " " included[file], next_one, " ")
  for (i = 1; i <= n; i++) reach(next_one[i])
}
END {
  for (i = 1; i <= count; i++) if (files[i] ~ /\.(cpp|cu)$/ && !(files[i] in program)) defines(files[i], files[i])
  n = split(programs, first, " ")
  for (i = 1; i <= n; i++) reach(first[i])
}
