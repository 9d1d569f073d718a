# gnuplot -e "record='large.csv'; picture='large.svg'" large.gp
set terminal svg size 1100,560 font 'Helvetica,Arial,20' background '#ffffff'
set output picture
set datafile separator ','
set xlabel 'ranks'
set ylabel 'efficiency, of 64 ranks, %'
set logscale x 2
set xrange [60:4400]
set yrange [0:105]
set grid lc rgb '#dddddd'
set key outside right
is(cluster, way) = (strcol(1) eq cluster && strcol(2) eq way) ? $3 : NaN
plot record using (is('infiniband', 'weak')):(100 * $11) with linespoints lw 2 lc rgb '#3a7d34' pt 7 title 'InfiniBand, weak', \
  record using (is('infiniband', 'strong')):(100 * $11) with linespoints lw 2 lc rgb '#3a7d34' dt 3 pt 6 title 'InfiniBand, strong', \
  record using (is('gpu_pods', 'weak')):(100 * $11) with linespoints lw 2 lc rgb '#5b6bbf' pt 7 title 'GPU pods, weak', \
  record using (is('gpu_pods', 'strong')):(100 * $11) with linespoints lw 2 lc rgb '#5b6bbf' dt 3 pt 6 title 'GPU pods, strong', \
  record using (is('ethernet', 'weak')):(100 * $11) with linespoints lw 2 lc rgb '#d9772b' pt 7 title 'Ethernet, weak', \
  record using (is('ethernet', 'strong')):(100 * $11) with linespoints lw 2 lc rgb '#d9772b' dt 3 pt 6 title 'Ethernet, strong'
