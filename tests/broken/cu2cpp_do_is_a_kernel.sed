# common/cuda_on_cpu/cu2cpp.cpp cuda_on_cpu_test Cu2cpp.AKernelBegins*
s/if (is(i - 1, "return") || is(i - 1, "else") || is(i - 1, "do")) return i;/if (is(i - 1, "return") || is(i - 1, "else")) return i;/
