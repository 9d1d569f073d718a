# chapters/05_collectives/gpu_collectives.cpp 06_data_parallel_gpus_test *OneRankCannot*
s/if (why.empty()) why = error.what();/throw;/
