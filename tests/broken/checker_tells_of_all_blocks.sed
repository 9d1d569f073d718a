# common/cuda_on_cpu/check/races.cpp cuda_on_cpu_test Cuda/Bug.*/half_of_the_blocks_tell
s/return slot.epoch >= block \&\& (slot.epoch < epoch/return (slot.epoch < epoch/
