# common/cuda_on_cpu/ipc.cpp cuda_on_cpu_test Cuda/Correct.IsSilent/between_processes
s/exported.push_back(event), static_cast<void>.*/exported.push_back(event);/
