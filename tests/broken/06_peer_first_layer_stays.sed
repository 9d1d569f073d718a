# chapters/06_data_parallel/gpu_exchange.cpp 06_data_parallel_gpus_test *PeersEndWith*
s|^  leave(0);.*||
