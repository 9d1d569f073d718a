# common/cuda_on_cpu/cu2cpp.cpp cuda_on_cpu_test Cu2cpp.VariablesHave*
/^void rewrite_device/,/^}/s/is(i - 1, "union") || is(i - 1, "struct") || /is(i - 1, "union") || /
