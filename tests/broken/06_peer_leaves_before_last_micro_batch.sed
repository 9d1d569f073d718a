# chapters/06_data_parallel/gpu_exchange.cpp 06_data_parallel_gpus_test *PeersEndWith*
s/if (last_micro_batch_) leave/leave/
