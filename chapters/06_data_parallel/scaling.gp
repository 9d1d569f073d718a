# gnuplot -e "record='build/06_scaling.csv'; picture='build/06_scaling.svg'" scaling.gp
set terminal svg size 760,360 font 'Helvetica,Arial,13' background '#ffffff'
set output picture
set datafile separator ','
set xlabel 'ranks'
set ylabel 'samples per second, in those of one rank'
set logscale xy 2
set xrange [0.9:*]
set yrange [0.9:*]
set grid lc rgb '#dddddd'
set key top left
plot x with lines lc rgb '#bbbbbb' dt 2 title 'ideal', \
  record using (strcol(1) eq 'strong128' ? $2 : NaN):5 with linespoints lc rgb '#1f5a94' pt 7 title 'strong, batch 128', \
  record using (strcol(1) eq 'strong1024' ? $2 : NaN):5 with linespoints lc rgb '#3a7d34' pt 7 title 'strong, batch 1024', \
  record using (strcol(1) eq 'weak' ? $2 : NaN):5 with linespoints lc rgb '#d9772b' pt 7 title 'weak, 128 rows a rank'
