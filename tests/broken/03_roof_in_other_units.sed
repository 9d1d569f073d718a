# chapters/03_fast_kernels/roofline.gp common_pictures_test Committed.ARoofline*
s|set ylabel "GFLOP/s"|set ylabel "TFLOP/s"|
