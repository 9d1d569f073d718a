# chapters/09_tensor_parallel/tensor_parallel.cpp 10_hybrid_meanwhile_test Tensor.*:Grid.*
s|device_.meanwhile = std::move(meanwhile_before_);|device_.meanwhile = {};|
