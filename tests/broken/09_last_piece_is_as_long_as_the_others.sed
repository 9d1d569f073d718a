# chapters/09_tensor_parallel/tensor_parallel.cpp 09_tensor_parallel_test Pieces.*
s/ std::min(most, n - first)), std::min(most, n - first));/ most), most);/
