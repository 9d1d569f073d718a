# Memory of the levels as stacked bars, bottom up: weights, gradients, state, exchange. Needs: csv, picture.
set datafile separator comma
set terminal svg size 900,400 enhanced font "Helvetica,14" background "white"
set output picture
set title "Model state of the fullest rank: counted (bars), by formula (marks)"
set ylabel "MB"
set xlabel "level of sharding"
set yrange [0:42]
set xrange [-0.7:13.7]
set grid ytics linecolor "#e4e4e4"
set border 3 linecolor "#888888"
set ytics nomirror
set key outside right center reverse Left
set boxwidth 0.7
set style fill solid 1 border linecolor "#ffffff"
# Each number of ranks has a group of five places, the last one empty.
place(ranks, level) = 5 * (log(ranks) / log(2) - 1) + level
set for [g=0:2] label g+1 sprintf("%d ranks", 2**(g+1)) at 5*g+1.5, graph 0.97 center
unset xtics
set xtics nomirror ("0" 0, "1" 1, "2" 2, "3" 3, "0" 5, "1" 6, "2" 7, "3" 8, "0" 10, "1" 11, "2" 12, "3" 13)
MB = 1e-6
plot csv every ::1 using (place($1,$2)):(MB*($3+$4+$5+$6)) with boxes linecolor "#999999" title "exchange", \
     '' every ::1 using (place($1,$2)):(MB*($3+$4+$5)) with boxes linecolor "#d9772b" title "optimizer state", \
     '' every ::1 using (place($1,$2)):(MB*($3+$4)) with boxes linecolor "#7fae6a" title "gradients", \
     '' every ::1 using (place($1,$2)):(MB*$3) with boxes linecolor "#1f5a94" title "weights", \
     '' every ::1 using (place($1,$2)):(MB*($8+$9+$10+$11)) with points pointtype 2 pointsize 0.8 linecolor "#000000" title "formula"
