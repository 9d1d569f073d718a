# How near results/hosts.csv is to what was foreseen: measured by foreseen is the tenth column.
BEGIN { FS = "," }
/^[0-9]/ {
  ++cases
  if ($10 >= 0.85 && $10 <= 1.15) ++near
  most = most > $10 ? most : $10
  if ($10 >= 0.99 && $10 <= 1.01) ++same
}
END { printf "%d cases: %d within 15 %%, %d of them within 1 %%; the longest %.2f times as long\n", cases, near, same, most }
