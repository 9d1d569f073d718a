# Times of messages and the two fitted lines. Needs: record, picture.
set datafile separator comma
set terminal svg size 900,520 enhanced font "Helvetica,15" background "white"
set output picture
set title "One message from rank 0 to rank 1"
set key top left
set xlabel "bytes"
set ylabel "microseconds"
set logscale x 2
set logscale y 10
set format x "2^{%L}"
set grid linecolor "#dddddd"
set border 3 linecolor "#666666"
set tics nomirror
is(way) = strcol(3) eq way
plot record using (is("eager") ? $1 : NaN):(1e6 * $2) skip 1 with points pointtype 7 linecolor "#1f5a94" title "eager", \
     record using (is("rendezvous") ? $1 : NaN):(1e6 * $2) skip 1 with points pointtype 7 linecolor "#d9772b" title "rendezvous", \
     record using (is("eager") ? $1 : NaN):(1e6 * ($4 + $5 * $1)) skip 1 with lines linewidth 2 linecolor "#1f5a94" title "alpha + beta n", \
     record using (is("rendezvous") ? $1 : NaN):(1e6 * ($4 + $5 * $1)) skip 1 with lines linewidth 2 linecolor "#d9772b" title "alpha + beta n"
