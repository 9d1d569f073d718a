# chapters/03_fast_kernels/tensor_instructions.h 03_fast_kernels_instructions_test *Multiplication*
s/a\[g + i % 2 \* 8\]\[2 \* t + which + i \/ 2 \* 8\]/a[g + i \/ 2 * 8][2 * t + which + i % 2 * 8]/
