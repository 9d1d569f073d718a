# chapters/09_tensor_parallel/tensor_parallel.cpp 09_tensor_parallel_test WaitsForGpu.*
/^    on_host(view, size);/,/^}/s/^    view.end_in();/&\n    device_.synchronize();/
