# chapters/03_fast_kernels/softmax.cu 03_fast_kernels_test FastTest.Softmax
s|mine\[i\] = j < classes ? z\[j\] : -INFINITY;|mine[i] = j < classes ? z[j] : 0;|
