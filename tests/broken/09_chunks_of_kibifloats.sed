# chapters/09_tensor_parallel/tensor_options.h 09_tensor_parallel_measuring_test Options.*
s| \* 1024 / sizeof(float); }| * 1024; }|
