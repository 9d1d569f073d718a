# chapters/09_tensor_parallel/tensor_parallel.cpp 09_tensor_parallel_test Backward.*
s/^  if (view.data() == p) post_sum();/  post_sum();/
