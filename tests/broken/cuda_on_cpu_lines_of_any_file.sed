# common/cuda_on_cpu/runtime.h cuda_on_cpu_test Cuda/*/barriers_of_two_files
s/ && std::string_view(a.file) == b.file//
