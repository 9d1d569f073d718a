#!/bin/sh
# chapters/09_tensor_parallel/plot.sh TIMES.csv PICTURE.svg: tensor parallelism against data parallelism, by rows of the
# batch: the exchange alone and the whole step; measured (points; hollow where the
# measurement was disturbed) and predicted (lines). Needs gnuplot.
set -eu
export LC_ALL=C CDPATH=''
times=$1 picture=$2
command -v gnuplot >/dev/null || { echo "plot: gnuplot is not installed" >&2; exit 1; }
machine=$(sed -n '1s/^# *\([^;]*\); *\([^;]*\).*/\2 on \1/p' "$times")
widths=$(awk -F, '/^[0-9]/ && !seen[$1]++ { printf "%s ", $1 }' "$times")
gnuplot <<GNUPLOT
set terminal svg size 960,470 font 'sans-serif,13' background 'white'
set output '$picture'
set datafile separator ','
set multiplot layout 1,2 title 'Tensor / data parallel, layers n x n, $machine: measured (points), predicted (lines)'
set logscale xy 2
set xlabel 'rows of the batch'
set grid lc rgb '#dddddd'
colour(i) = word('#0072b2 #d55e00 #009e73 #cc79a7', i)
set arrow from graph 0, first 1 to graph 1, first 1 nohead lc rgb '#555555' lw 1.5
of(width) = sprintf("< awk -F, '\$1 == %s' $times", width)
trusted(width) = sprintf("< awk -F, '\$1 == %s && \$13 != 1' $times", width)
set title 'time of the exchange'
set label 'below 1: tensor parallelism is cheaper' at graph 0.97, graph 0.05 right tc rgb '#555555'
set key top left Left reverse
set yrange [0.01:16]
plot for [i=1:words('$widths')] trusted(word('$widths', i)) using 2:(\$8/\$7) with points pt 7 ps 0.8 lc rgb colour(i) title 'n = '.word('$widths', i), \
     for [i=1:words('$widths')] of(word('$widths', i)) using 2:(\$8/\$7) with points pt 6 ps 0.8 lc rgb colour(i) notitle, \
     for [i=1:words('$widths')] of(word('$widths', i)) using 2:(\$12/\$11) with lines lw 1.5 lc rgb colour(i) notitle
unset label
set title 'time of the step'
set yrange [0.38:1.5]
set ytics (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.4)
plot for [i=1:words('$widths')] trusted(word('$widths', i)) using 2:(\$6/\$5) with points pt 7 ps 0.8 lc rgb colour(i) title 'n = '.word('$widths', i), \
     for [i=1:words('$widths')] of(word('$widths', i)) using 2:(\$6/\$5) with points pt 6 ps 0.8 lc rgb colour(i) notitle, \
     for [i=1:words('$widths')] of(word('$widths', i)) using 2:(\$10/\$9) with lines lw 1.5 lc rgb colour(i) notitle
unset multiplot
GNUPLOT
