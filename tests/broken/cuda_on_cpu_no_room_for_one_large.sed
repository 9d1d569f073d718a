# common/cuda_on_cpu/memory.cpp cuda_on_cpu_test Cuda/Correct.*/much_memory
s/const size_t fewest = with_guard + page_bytes;/const size_t fewest = with_guard - page_bytes;/
