# chapters/06_data_parallel/peer_exchange.cpp 06_data_parallel_gpus_test *PeersEndWith*
s/^  window_.finish();//
