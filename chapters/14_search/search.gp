# The accuracy of every trial after each rung, and of the last rung over the learning rate. Needs: record, picture.
set datafile separator comma
set terminal svg size 1000,440 enhanced font "Helvetica,14" background "white"
set output picture
set grid linecolor "#dddddd"
set border 3 linecolor "#666666"
set tics nomirror
unset key
set multiplot layout 1,2
stats record using 1 skip 1 nooutput
trials = STATS_max
set yrange [88:100]
set ylabel "validation accuracy, %"

set title "Successive halving: few trials go on"
set xlabel "epochs"
set logscale x 2
of(t) = sprintf("< awk -F, '$1 == %d' '%s'", t, record)
plot for [t=0:trials] of(t) using 3:(100 * $8) with linespoints \
     pointtype 7 pointsize 0.5 linewidth 1.5 linecolor (t + 1)

set title "What the learning rate does"
set xlabel "learning rate"
set logscale x 10
set format x "%g"
set xrange [0.01:3]
plot record using 4:(100 * $8):(0.3 + 0.25 * $2) skip 1 with points pointtype 7 pointsize variable linecolor "#1f5a94"
