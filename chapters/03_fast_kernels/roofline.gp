# The roofline of a GPU and the products of chapter 03 below it. Needs: csv, picture, name, peak, bandwidth.
set datafile separator comma
set terminal svg size 900,560 enhanced font "Helvetica,15" background "white"
set output picture
set title sprintf("%s: 4096 x 4096 x 4096, float", name)
set xlabel "operations per byte that must cross the memory bus"
set ylabel "GFLOP/s"
set logscale xy
set xrange [0.1:10000]
set yrange [peak/1000:peak*3]
set grid linecolor "#dddddd"
set border 3 linecolor "#666666"
set tics nomirror
set key top left
roof(x) = bandwidth * x < peak ? bandwidth * x : peak
plot roof(x) with lines linewidth 2 linecolor "#666666" title "limit of memory and of float arithmetic (tensor cores have a higher one)", \
     csv every ::1 using 2:3 with points pointtype 7 pointsize 0.8 linecolor "#d9772b" title "measured", \
     csv every ::1 using 2:3:1 with labels left offset 0.8,0.2 font ",11" notitle
