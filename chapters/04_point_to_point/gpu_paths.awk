# What a vector of 63 MB takes from GPU to GPU on three ways, by formula, from published bandwidths:  awk -f chapters/04_point_to_point/gpu_paths.awk
#
# n bytes by way of the host: n / P out, n / M as a message, n / P in; in pieces that follow each other, the narrowest place alone.
BEGIN {
  n = 63      # MB, and bandwidths in GB/s: so times are in ms
  M = 9.928   # the longest messages of ping_pong
  print "63 MB, in ms      GB/s   host, one after the other   host, in pieces   GPU reads GPU"
  bus("PCIe 4.0 x16", 31.5, 1)
  bus("PCIe 5.0 x16", 63, 1)
  bus("NVLink 3", 300, 0)
  bus("NVLink 4", 450, 0)
}
function bus(name, P, reaches_host) {
  printf "%-12s  %8.1f %27s %17s %15.2f\n", name, P, reaches_host ? sprintf("%.1f", 2 * n / P + n / M) : "-",
         reaches_host ? sprintf("%.1f", n / (P < M ? P : M)) : "-", n / P
}
