# common/cuda_on_cpu/check/races.cpp cuda_on_cpu_test Cuda/Bug.*/told_by_another_thread
s/(slot.epoch == epoch \&\& slot.thread == thread));/slot.epoch == epoch);/
