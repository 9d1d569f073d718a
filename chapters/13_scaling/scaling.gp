# gnuplot -e "record='scaling.csv'; picture='scaling.svg'" scaling.gp
set terminal svg size 1100,560 font 'Helvetica,Arial,20' background '#ffffff'
set output picture
set datafile separator ','
set xlabel 'ranks'
set ylabel 'speedup'
set logscale xy 2
set xrange [0.9:*]
set yrange [0.4:*]
set grid lc rgb '#dddddd'
set key top left
plot x with lines lc rgb '#bbbbbb' dt 2 title 'ideal', \
  record using (strcol(1) eq 'infiniband' && strcol(2) eq 'grid' ? $3 : NaN):10 with linespoints lc rgb '#3a7d34' pt 7 title 'InfiniBand, the fastest grid', \
  record using (strcol(1) eq 'infiniband' && strcol(2) eq 'data' ? $3 : NaN):10 with linespoints lc rgb '#3a7d34' dt 3 pt 6 title 'InfiniBand, only the batch divided', \
  record using (strcol(1) eq 'ethernet' && strcol(2) eq 'grid' ? $3 : NaN):10 with linespoints lc rgb '#d9772b' pt 7 title 'Ethernet, the fastest grid', \
  record using (strcol(1) eq 'ethernet' && strcol(2) eq 'data' ? $3 : NaN):10 with linespoints lc rgb '#d9772b' dt 3 pt 6 title 'Ethernet, only the batch divided'
