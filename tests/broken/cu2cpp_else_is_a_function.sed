# common/cuda_on_cpu/cu2cpp.cpp cuda_on_cpu_test Cu2cpp.AKernelIsAnExpression
s/^      if (named(i)) --i;/      if (i > 0 \&\& tokens[i - 1].kind == Token::word) --i;/
