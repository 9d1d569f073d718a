# common/cuda_on_cpu/pipeline.cpp cuda_on_cpu_test Cuda/*/pipeline_of_twelve_bytes
s/if (bytes != 4 \&\& bytes != 8 \&\& bytes != 16)/if (bytes % 4 != 0 || bytes > 16)/
