# common/cuda_on_cpu/include/mma.h cuda_on_cpu_test Cuda/Correct.*matrix_units
s/b\[inner \* n + column\];/b[inner * m + column];/
