# common/cuda_on_cpu/check/races.cpp cuda_on_cpu_test Cuda/*/who_did_not_ask
s/if (acquire.thread != thread \&\& acquire.epoch == epoch) continue;/;/
