# common/cuda_on_cpu/check/races.cpp cuda_on_cpu_test Cuda/*/last_block
s/if (acquire.thread != thread \&\& acquire.epoch == epoch) continue;/if (acquire.thread != thread) continue;/
