# common/cuda_on_cpu/cu2cpp.cpp cuda_on_cpu_test Cu2cpp.Quotes*
s/^    if (c == '"' || c == '\\\\') result += '\\\\';/    if (c == '"') result += '\\\\';/
