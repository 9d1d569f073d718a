# chapters/03_fast_kernels/roofline.sh common_series_test Series.RecordsAreDrawn*
s/if ! command -v gnuplot/if command -v gnuplot/
