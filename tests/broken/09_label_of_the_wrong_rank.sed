# chapters/09_tensor_parallel/split_head.cpp 09_tensor_parallel_test SplitClasses.*
s|rows, classes, last.w.first_column|rows, classes, 0|
