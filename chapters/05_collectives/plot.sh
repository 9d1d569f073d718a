#!/bin/sh
# chapters/05_collectives/plot.sh TIMES.csv PICTURE.svg: the times of the benchmark (points) and what alpha, beta and
# gamma predict (lines), by length of the vector. Needs gnuplot.
set -eu
export LC_ALL=C CDPATH=''
times=$1 picture=$2
command -v gnuplot >/dev/null || { echo "plot: gnuplot is not installed" >&2; exit 1; }
ranks=$(awk -F, '/^[0-9]/ { print $1; exit }' "$times")
machine=$(sed -n '1s/^# *\([^;]*\).*/\1/p' "$times")
gnuplot <<EOF
set terminal svg size 1100,660 font 'sans-serif,20' background 'white'
set output '$picture'
set datafile separator ','
set logscale xy
set format x '%.0s %cB'
set format y '%g'
set xlabel 'length of the vector'
set ylabel 'microseconds'
set title 'Allreduce, $ranks ranks on $machine: measured (points), predicted (lines)'
set key left top Left reverse
set grid xtics ytics lc rgb '#dddddd'
measured(name) = sprintf("< awk -F, '\$4 == \"%s\"' $times", name)
plot measured('recursive-doubling') using 2:(\$5*1e6) with points pt 7 ps 0.7 lc rgb '#0072b2' title 'recursive doubling', \
     '' using 2:(\$7*1e6) with lines lw 1.5 lc rgb '#0072b2' notitle, \
     measured('rabenseifner') using 2:(\$5*1e6) with points pt 5 ps 0.7 lc rgb '#d55e00' title 'Rabenseifner', \
     '' using 2:(\$7*1e6) with lines lw 1.5 lc rgb '#d55e00' notitle, \
     measured('ring') using 2:(\$5*1e6) with points pt 6 ps 0.9 lc rgb '#111111' title 'ring', \
     '' using 2:(\$7*1e6) with lines lw 1.5 dt 3 lc rgb '#111111' notitle, \
     measured('reduce-broadcast') using 2:(\$5*1e6) with points pt 9 ps 0.7 lc rgb '#009e73' title 'reduce, broadcast', \
     '' using 2:(\$7*1e6) with lines lw 1.5 lc rgb '#009e73' notitle, \
     measured('shared-window') using 2:(\$5*1e6) with linespoints pt 13 ps 0.8 dt 3 lc rgb '#cc79a7' title 'shared window (no prediction)', \
     measured('mpi') using 2:(\$5*1e6) with linespoints pt 4 ps 0.7 dt 2 lc rgb '#555555' title 'MPI Allreduce (no prediction)'
EOF
