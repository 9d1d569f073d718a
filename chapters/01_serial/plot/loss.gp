# The loss of each step, its running mean, and the test accuracy of each epoch. Needs: record, picture.
set datafile separator comma
set key autotitle columnhead
# A line per step has no accuracy; a line per epoch has one.
is_step(a) = strlen(stringcolumn(3)) == 0
mean = NaN
running(x) = (mean = (mean == mean) ? 0.98 * mean + 0.02 * x : x)
mean = NaN

set terminal svg size 900,520 enhanced font "Helvetica,15" background "white"
set output picture
set title "Training on MNIST"
set key top center
set xlabel "step"
set ylabel "loss"
set xrange [0:*]
set logscale y
set yrange [*:3]
set ytics nomirror
set y2label "test accuracy, %"
set y2tics
set y2range [90:100]
set grid xtics ytics linecolor "#dddddd"
set border 11 linecolor "#666666"
plot record using 1:(is_step(3) ? $2 : NaN) every 5::1 with dots linecolor "#9bbad6" title "loss of a batch", \
     record using 1:(is_step(3) ? running($2) : NaN) every ::1 with lines linewidth 2 linecolor "#1f5a94" title "running mean", \
     record using 1:(is_step(3) ? NaN : 100 * $3) every ::1 axes x1y2 with linespoints pointtype 7 linewidth 2 linecolor "#d9772b" title "test accuracy"
