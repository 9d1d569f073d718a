# chapters/09_tensor_parallel/tensor_parallel.cpp 11_fewer_bits_slices_test Slices.SendTwo*
s/  return MessageView(device_, p, n, /  return MessageView(device_, p, n, false \&\& /
