# common/cuda_on_cpu/check/shadow.cpp cuda_on_cpu_test Cuda/Bug.IsFound/pipeline_copies_over_what_is_read
/^void Watcher::copy_began/,/^}/s/^  check_access(Access::write, .*/  ;/
