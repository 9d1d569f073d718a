# chapters/09_tensor_parallel/tensor_parallel.cpp 10_hybrid_meanwhile_test Tensor.*
s|^  meanwhile_before_ = std::exchange(.*||
