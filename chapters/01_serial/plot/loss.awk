# The loss curve as text: the running mean over the steps of a run record, 68 columns by 14 rows, on a logarithmic scale.
BEGIN { FS = ","; width = 68; height = 14 }
NR > 1 && $3 == "" { mean = n ? 0.98 * mean + 0.02 * $2 : $2; value[++n] = mean; last = $1 }
NR > 1 && $3 != "" { accuracy = 100 * $3 }
END {
  if (n == 0) { print "no steps in the record"; exit }
  low = high = value[1]
  for (i in value) { if (value[i] < low) low = value[i]; if (value[i] > high) high = value[i] }
  low = low > 1e-6 ? log(low) : log(1e-6); high = high > 1e-6 ? log(high) : log(1e-6)
  if (high - low < 0.1) high = low + 0.1
  for (x = 0; x < width; ++x) {
    v = value[1 + int(x * (n - 1) / (width - 1))]
    row[x] = int((high - log(v > 1e-6 ? v : 1e-6)) / (high - low) * (height - 1) + 0.5)
  }
  print "\n    loss (running mean)"
  for (y = 0; y < height; ++y) {
    line = y % 3 == 0 ? sprintf("%8.3f |", exp(high - y * (high - low) / (height - 1))) : "         |"
    for (x = 0; x < width; ++x) line = line (row[x] == y ? "*" : (x > 0 && ((row[x - 1] < y && y < row[x]) || (row[x] < y && y < row[x - 1])) ? "|" : " "))
    print line
  }
  axis = ""
  for (x = 0; x < width; ++x) axis = axis "-"
  print "         +" axis
  printf "         step 1%" (width - 6) "s\n", "step " last
  if (accuracy != "") printf "    test accuracy after the last epoch: %.2f %%\n", accuracy
}
