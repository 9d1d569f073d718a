# common/cuda_on_cpu/cu2cpp.cpp cuda_on_cpu_test Cu2cpp.AKernelBegins*
s/ && !is(i - 1, "do"); };/; };/
