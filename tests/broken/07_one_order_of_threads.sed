# chapters/03_fast_kernels/column_sums.cu 07_programs_test *EveryLevelEndsWithTheBitsOfTheSerialRunOnCuda*
/= coming\[i\];/{n;s/    __syncthreads();//}
