# chapters/03_fast_kernels/matmul_16_stages.cu check/03_fast_kernels_traffic_test Traffic.OfStages*
s,(p ^ row / 2 % pieces),p,
