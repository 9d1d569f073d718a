# common/cuda_on_cpu/cu2cpp.cpp cuda_on_cpu_test Cu2cpp.KeepsLines*
s/for (size_t i = line_begin; i < position; ++i) output += source\[i\] == '\\t' ? '\\t' : ' ';/for (size_t i = line_begin; i + 1 < position; ++i) output += ' ';/
