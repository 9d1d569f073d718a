# common/cuda_on_cpu/check/shadow.cpp cuda_on_cpu_test Cuda/Bug.*/copied_bytes_uninitialised
s/ >> (reinterpret_cast<uintptr_t>(origin + i) % 4) & 1;/ \& 1;/
