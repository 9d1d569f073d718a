# chapters/11_fewer_bits/gpu_conversions.cu 11_fewer_bits_gpu_test *OfNoRows/*
/^void relu_backward(/,/^}/s/^  if (n == 0) return;$//
