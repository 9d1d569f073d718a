# chapters/03_fast_kernels/roofline.gp common_pictures_test Committed.ARoofline*
s/roof(x) = bandwidth \* x < peak/roof(x) = bandwidth * x > peak/
