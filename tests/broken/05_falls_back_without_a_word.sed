# chapters/05_collectives/gpu_collectives.cpp 06_data_parallel_gpus_test *OneRankCannot*
s/^  tell(" through host memory");/  ;/
