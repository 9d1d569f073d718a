#!/bin/sh
# chapters/11_fewer_bits/exponents.sh RESULTS.csv PICTURE.svg: counts the exponents of the numbers of a training step, and draws them.
# Needs gnuplot, and the program built by `make 11-formats`.
set -eu
export LC_ALL=C CDPATH=''
csv=$1 picture=$2
command -v gnuplot >/dev/null || { echo "exponents.sh: gnuplot is not installed" >&2; exit 1; }
sh common/mpi/launch 1 "${B:-build}/chapters/11_fewer_bits/formats" --csv "$csv" >/dev/null
gnuplot <<GNUPLOT
set terminal svg size 900,620 font 'sans-serif,13' background 'white'
set output '$picture'
set datafile separator ','
set multiplot layout 4,1 title 'How large the numbers of a training step are, and what half can hold (in percent)' margins 0.04,0.98,0.07,0.9 spacing 0,0.07
set xrange [-40.5:4.5]
set xtics 4 nomirror format ''
set yrange [0:*]
set ytics 10 nomirror
set grid ytics lc rgb '#dddddd'
set border 3 lc rgb '#888888'
set boxwidth 0.9
set style fill solid 1
set object 1 rectangle from -40.5, graph 0 to -25.5, graph 1 behind fc rgb '#f0c8b4' fs solid noborder
set object 2 rectangle from -25.5, graph 0 to -14.5, graph 1 behind fc rgb '#f8eadc' fs solid noborder
set label 1 'zero in half' at -40, graph 0.85 tc rgb '#555555'
set label 2 'denormal in half' at -25, graph 0.85 tc rgb '#555555'
do for [kind in '"weights" "activations" "their gradients" "weights'' gradients"'] {
  set title kind offset 0,-0.8
  if (kind eq "weights' gradients") { set xtics format '2^{%g}' }
  plot '$csv' every ::1 using 2:(strcol(1) eq kind ? \$3 : NaN) with boxes lc rgb '#1f5a94' notitle
  unset label
}
unset multiplot
GNUPLOT
