# common/cuda_on_cpu/check/shadow.cpp cuda_on_cpu_test Cuda/Bug.IsFound/pipeline_wait_behind_the_barrier
/^void Watcher::copy_ended/,/^}/s/^  check_access(Access::write, .*/  ;/
