#!/bin/sh
# chapters/05_collectives/curves.sh TIMES.csv PICTURE.svg: draws what `curves --csv TIMES.csv` predicted for 4, 8 and 16 ranks. Needs gnuplot.
set -eu
export LC_ALL=C CDPATH=''
times=$1 picture=$2
command -v gnuplot >/dev/null || { echo "curves: gnuplot is not installed" >&2; exit 77; }
gnuplot <<GNUPLOT
set terminal svg size 1100,560 font 'sans-serif,20' background 'white'
set output '$picture'
set datafile separator ','
set logscale xy
set format x '10^{%L}'
set format y '10^{%L}'
set yrange [20:100000]
set xrange [1000:20000000]
set grid xtics ytics lc rgb '#dddddd'
set multiplot layout 1,3 margins 0.09,0.98,0.17,0.91 spacing 0.03
set ylabel 'microseconds, by formula'
set xlabel 'bytes' offset 0,0.6
set key top left Left reverse samplen 1.5
do for [p in '4 8 16'] {
  set title p.' ranks' offset 0,-0.5
  of_p(column) = \$1 == p ? column : NaN
  if (p == 8) { unset ylabel; set format y ''; unset key }
  plot '$times' using 2:(of_p(\$3)) with lines lw 3 lc rgb '#0072b2' title 'recursive doubling', \
       '' using 2:(of_p(\$4)) with lines lw 3 lc rgb '#d55e00' title 'Rabenseifner', \
       '' using 2:(of_p(\$5)) with lines lw 3 dt 2 lc rgb '#111111' title 'ring'
}
GNUPLOT
