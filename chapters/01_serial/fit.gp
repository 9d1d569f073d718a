# The picture of what fit_function learned. Needs: record (its --log file), picture (the SVG to write), name.
set datafile separator comma
set terminal svg size 420,280 enhanced font "Helvetica,13" background "white"
set output picture
set title name
set xrange [-1:1]
set yrange [-1.4:1.4]
set grid linecolor "#e4e4e4"
set border 3 linecolor "#888888"
set key top left
plot record every ::1 using 1:2 with lines linewidth 5 linecolor "#c9d8e8" title "target", \
     record every ::1 using 1:3 with lines linewidth 2 linecolor "#d9772b" title "network"
