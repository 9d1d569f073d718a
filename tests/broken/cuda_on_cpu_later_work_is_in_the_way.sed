# common/cuda_on_cpu/stream.cpp cuda_on_cpu_test Cuda/Correct.IsSilent/between_processes
s/operation.sequence <= sequence && waits_for/waits_for/
