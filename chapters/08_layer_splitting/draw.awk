# Draws lines of pictures.sh as an SVG: a row for each schedule, planned on the left, traced on the right.
BEGIN {
  FS = ","
  width = 470; left = 66; between = 74; lane = 26; row = 2 * lane + 62; top = 46
  paint["forward", 0] = "#3b6fb6"; paint["forward", 1] = "#7fa6d9"
  paint["backward", 0] = "#d9772b"; paint["backward", 1] = "#eba96f"; paint["weights", 0] = "#3a7d34"
}
/^schedule/ || /^#/ { next }
{
  if (!($1 in known)) { known[$1] = 1; order[++rows] = $1 }
  n++; schedule[n] = $1; panel[n] = $2; stage[n] = $3; pass[n] = $4; chunk[n] = $5; m[n] = $6; begin[n] = $7; end[n] = $8
  passes[$4]; if ($8 > last[$1, $2]) last[$1, $2] = $8
  if ($8 > longest[$2]) longest[$2] = $8
  busy[$1, $2] += $8 - $7
  if ($3 + 1 > stages) stages = $3 + 1
}
function x_of(which, time) { return left + (which == "traced" ? width + between : 0) + time * width / longest[which] }
function idle(name, which) { return sprintf("%.0f %%", 100 * (1 - busy[name, which] / (stages * last[name, which]))) }
END {
  row = stages * lane + 36; w = 2 * width + between + left + 20; h = top + rows * row + 46
  printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" font-family=\"Helvetica, Arial, sans-serif\">\n", w, h, w, h
  print "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>"
  printf "<text x=\"%d\" y=\"22\" font-size=\"16\" fill=\"#222\">planned</text>\n", left
  printf "<text x=\"%d\" y=\"22\" font-size=\"16\" fill=\"#222\">traced</text>\n", x_of("traced", 0)
  for (r = 1; r <= rows; r++) {
    name = order[r]; y[name] = top + (r - 1) * row + 20
    for (p = 1; p <= 2; p++) {
      which = p == 1 ? "planned" : "traced"
      unit = p == 1 ? "" : sprintf(", %.0f ms", last[name, which])
      printf "<text x=\"%.1f\" y=\"%.1f\" font-size=\"13\" fill=\"#333\">%s: idle %s%s</text>\n", x_of(which, 0), y[name] - 7, name, idle(name, which), unit
      for (s = 0; s < stages; s++) {
        printf "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" fill=\"#f1f1ee\"/>\n", x_of(which, 0), y[name] + s * lane, width * last[name, which] / longest[which], lane - 3
        printf "<text x=\"%.1f\" y=\"%.1f\" font-size=\"12\" fill=\"#333\" text-anchor=\"end\">stage %d</text>\n", x_of(which, 0) - 8, y[name] + s * lane + 16, s
      }
    }
  }
  for (i = 1; i <= n; i++) {
    second = (chunk[i] >= stages)
    x = x_of(panel[i], begin[i]); size = x_of(panel[i], end[i]) - x; at = y[schedule[i]] + stage[i] * lane
    printf "<g><title>%s of chunk %d, micro-batch %d</title><rect x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"%d\" fill=\"%s\" stroke=\"#ffffff\" stroke-width=\"0.7\"/>", pass[i], chunk[i], m[i], x, at, size, lane - 3, paint[pass[i], second]
    if (size > 7) printf "<text x=\"%.1f\" y=\"%.1f\" font-size=\"11\" fill=\"#ffffff\" text-anchor=\"middle\">%d</text>", x + size / 2, at + 16, m[i]
    print "</g>"
  }
  x = left; legend_y = h - 16
  split("forward backward forward backward weights", what, " ")
  split("forward;backward;forward, second chunk;backward, second chunk;dw in a step of its own", words, ";")
  for (i = 1; i <= 4 + ("weights" in passes); i++) {
    second = (i == 3 || i == 4)
    printf "<rect x=\"%d\" y=\"%d\" width=\"14\" height=\"14\" rx=\"2\" fill=\"%s\"/><text x=\"%d\" y=\"%d\" font-size=\"13\" fill=\"#333\">%s</text>\n", x, legend_y - 11, paint[what[i], second], x + 20, legend_y + 1, words[i]
    x += 50 + 7.2 * length(words[i])
  }
  print "</svg>"
}
