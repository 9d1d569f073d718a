# chapters/09_tensor_parallel/tensor_parallel.cpp 10_hybrid_meanwhile_test Grid.*
s|  if (meanwhile_before_) meanwhile_before_();||
