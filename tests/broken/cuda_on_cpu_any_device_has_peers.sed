# common/cuda_on_cpu/device.cpp cuda_on_cpu_test Cuda/Correct.IsSilent/two_processes
s/check_device("cudaDeviceCanAccessPeer", device, source)/check_device("cudaDeviceCanAccessPeer", 0 * device, source)/
