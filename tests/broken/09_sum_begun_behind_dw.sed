# chapters/09_tensor_parallel/tensor_parallel.cpp 09_tensor_parallel_costs_test Order.*
s/if (view.data() == p) post_sum();//
