# common/cuda_on_cpu/check/races.cpp cuda_on_cpu_test Cuda/Bug.*/write_behind_the_atomic
s/return slot.epoch >= block \&\& (slot.epoch < epoch || .*/return slot.epoch >= block;/
