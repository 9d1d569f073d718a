# PLAN.csv TRACE.json -> lines for draw.awk: the planned steps, and where they lie in the trace. Needs: schedule, shown (which
# batch). A stage's k-th block in each batch is the k-th step of its plan; that tells the chunk, which the trace does not.
FILENAME == ARGV[1] {
  if (FNR == 1) next
  split($0, f, ",")
  step[f[1], n[f[1]]++] = f[1] "," f[2] "," f[3] "," f[4]
  print schedule ",planned," $0
  next
}
/"cat":"compute"/ {
  match($0, /"name":"[a-z]+ [0-9]+"/)
  split(substr($0, RSTART + 8, RLENGTH - 9), name, " ")
  match($0, /"tid":[0-9]+/); rank = substr($0, RSTART + 6, RLENGTH - 6) + 0
  match($0, /"ts":[0-9.]+/); begin = substr($0, RSTART + 5, RLENGTH - 5) / 1000
  match($0, /"dur":[0-9.]+/); length_of = substr($0, RSTART + 6, RLENGTH - 6) / 1000
  k = seen[rank]++
  if (int(k / n[rank]) != shown) next
  lines[++count] = step[rank, k % n[rank]]; from[count] = begin; to[count] = begin + length_of
  split(lines[count], f, ",")
  if (f[2] != name[1] || f[4] != name[2]) { print "join_trace.awk: the trace does not follow the plan" > "/dev/stderr"; exit 1 }
  if (first == "" || begin < first) first = begin
}
END { for (i = 1; i <= count; i++) printf "%s,traced,%s,%.4f,%.4f\n", schedule, lines[i], from[i] - first, to[i] - first }
