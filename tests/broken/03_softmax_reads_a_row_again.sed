# chapters/03_fast_kernels/softmax.cu check/03_fast_kernels_traffic_test Traffic.OfSoftmax*
s/    if (j == label) of_label = mine\[i\];/    if (j == label) of_label = z[j];/
