# chapters/03_fast_kernels/column_sums.cu check/03_fast_kernels_test *ColumnSumsKeep*
/sum = added(/{n;s/    __syncthreads();//}
