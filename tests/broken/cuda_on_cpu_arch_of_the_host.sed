# common/cuda_on_cpu/cu2cpp.cpp cuda_on_cpu_test Cuda/Textbook.*/arch
s/on_device() ? " + device + " : " + host/on_device() ? " + host + " : " + device/
