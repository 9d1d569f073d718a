# common/cuda_on_cpu/check/hooks.cpp cuda_on_cpu_test Cuda/Bug.IsFound/host_atomics_touch_device
/^#define ATOMIC_COMPARE/,/^  }/s/^    accessed(Access::atomic, p, sizeof(type), __builtin_return_address(0)); /    ;/
