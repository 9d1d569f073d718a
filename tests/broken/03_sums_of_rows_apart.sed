# chapters/03_fast_kernels/column_sums.cu check/03_fast_kernels_traffic_test Traffic.OfVectors*
s/const int j = int(threadIdx.x) % columns_of_block, row = int(threadIdx.x) \/ columns_of_block;/const int j = int(threadIdx.x) \/ rows_together, row = int(threadIdx.x) % rows_together;/
