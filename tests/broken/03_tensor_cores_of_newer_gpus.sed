# chapters/03_fast_kernels/matmul_steps.cu 03_fast_kernels_instructions_test Instructions.AreThere*
s/return major >= 8;/return major > 8;/
