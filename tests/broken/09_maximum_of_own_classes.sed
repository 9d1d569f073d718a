# chapters/09_tensor_parallel/split_head.cpp 09_tensor_parallel_test SplitClasses.*
s|  tensor_.maximum(.*||
