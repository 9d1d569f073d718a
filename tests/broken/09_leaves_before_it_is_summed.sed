# chapters/09_tensor_parallel/tensor_parallel.cpp 10_hybrid_test EveryGrid.Stays*
s/if (l == 0) end_sum();.*//
