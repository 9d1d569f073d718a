# chapters/03_fast_kernels/column_sums.cu check/03_fast_kernels_test *ColumnSumsKeep*
/= coming\[i\];/{n;s/    __syncthreads();//}
