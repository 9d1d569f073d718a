# chapters/09_tensor_parallel/tensor_parallel.cpp 11_fewer_bits_slices_test Slices.SendTwo*
s/^  if (!store_ || /  if (store_ || /
