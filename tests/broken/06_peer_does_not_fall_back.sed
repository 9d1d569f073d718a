# chapters/06_data_parallel/exchange.cpp 06_data_parallel_gpus_test *OneRankCannot*
s/    return nullptr;/    throw;/
