# chapters/03_fast_kernels/tensor_instructions.h 03_fast_kernels_instructions_test Assembly.*
s/"=r"(part\[0\]), "=r"(part\[1\])/"=r"(part[1]), "=r"(part[1])/
