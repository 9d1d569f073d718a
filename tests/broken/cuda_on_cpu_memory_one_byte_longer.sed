# common/cuda_on_cpu/memory.cpp cuda_on_cpu_test *much_memory
s/piece\.begin) < piece\.bytes) return true/piece.begin) <= piece.bytes) return true/
