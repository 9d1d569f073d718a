# common/cuda_on_cpu/include/cuda_on_cpu/runtime_api.h cuda_on_cpu_test Cuda/Textbook.*occupancy
s/resident_blocks(size, dynamic_shared_bytes) \* size >$/resident_blocks(size, dynamic_shared_bytes) * size >=/
