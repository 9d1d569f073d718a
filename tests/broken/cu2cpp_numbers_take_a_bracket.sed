# common/cuda_on_cpu/cu2cpp.cpp cuda_on_cpu_test Cu2cpp.ANumber*
s/((source\[i\] == '+' || source\[i\] == '-') &&/((source[i] != '+' || source[i] == '-') \&\&/
