# common/cuda_on_cpu/ipc.cpp cuda_on_cpu_test Cuda/Correct.IsSilent/ordered_processes
s/std::min(known.size(), std::size(slot.known))/0/
