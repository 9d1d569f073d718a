# common/cuda_on_cpu/kernel.cpp cuda_on_cpu_test Cuda/Textbook.*/arch
s/running.threads = 0;/;/
