# chapters/03_fast_kernels/softmax.cu 03_fast_kernels_test FastTest.Softmax
s|for (int distance = 16; distance > 0; distance /= 2) value +=|for (int distance = 8; distance > 0; distance /= 2) value +=|
