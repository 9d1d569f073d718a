# chapters/03_fast_kernels/column_sums.cu check/03_fast_kernels_test *ColumnSumsKeep*
/dy\[size_t(first/{n;s/    __syncthreads();//}
