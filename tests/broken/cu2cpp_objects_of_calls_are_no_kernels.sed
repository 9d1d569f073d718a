# common/cuda_on_cpu/cu2cpp.cpp cuda_on_cpu_test Cu2cpp.AKernelIsAnExpression
s/(!is(i, "::") \&\& (is(i - 1, ")")/(!is(i, "::") \&\& (is(i, ")")/
