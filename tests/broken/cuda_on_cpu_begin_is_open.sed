# common/cuda_on_cpu/memory.cpp cuda_on_cpu_test Cuda/*/write_just_before
s/for (const char\* p = allocation.pages; p < allocation.begin; ++p)/for (const char* p = allocation.begin; p < allocation.begin; ++p)/
