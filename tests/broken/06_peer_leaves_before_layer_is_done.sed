# chapters/06_data_parallel/gpu_exchange.cpp 06_data_parallel_gpus_test *PeersEndWith*
s/buckets_\[gone_\].first >= ready/buckets_[gone_].last > ready/
