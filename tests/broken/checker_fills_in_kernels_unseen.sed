# common/cuda_on_cpu/check/hooks.cpp cuda_on_cpu_test Cuda/*/fill_races
/__tsan_memset/,/^}/s/^  accessed(Access::write, .*/  ;/
