# chapters/09_tensor_parallel/tensor_parallel.cpp 09_tensor_parallel_test Pieces.*
s/return view.data() != p && !view/return !view/
