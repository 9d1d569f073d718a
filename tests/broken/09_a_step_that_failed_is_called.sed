# chapters/09_tensor_parallel/tensor_parallel.cpp 10_hybrid_meanwhile_test Meanwhile.*
s|  device_.meanwhile = {};  // after an error.*||
