# chapters/06_data_parallel/host_exchange.cpp 06_data_parallel_gpus_test *ChunksHave*/late
s|through_host_(device_, .*) {}|through_host_(device_, mlp.layout().count) {}|
