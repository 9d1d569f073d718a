# chapters/09_tensor_parallel/tensor_parallel.cpp 09_tensor_parallel_test Pieces.*
s/^    view.end_out();/    view.begin_out();\n&/
