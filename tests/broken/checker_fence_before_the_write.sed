# common/cuda_on_cpu/check/races.cpp cuda_on_cpu_test Cuda/*/write_behind_the_fence
s/^  if (access == Access::write \&\& target.kind != Target::shared) fenced\[thread\] = false;/  ;/
