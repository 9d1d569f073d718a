# chapters/11_fewer_bits/gpu_product.cu 11_fewer_bits_gpu_test *OfNoRows/*
s/^  if (rows == 0 || k == 0) return;$//
