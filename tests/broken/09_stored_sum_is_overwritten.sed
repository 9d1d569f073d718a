# chapters/09_tensor_parallel/tensor_parallel.cpp 11_fewer_bits_slices_test Slices.Have*
s/^  if (stored(summed_, summed_count_)) return;/  ;/
