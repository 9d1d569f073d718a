# chapters/09_tensor_parallel/tensor_parallel.h 09_tensor_parallel_gpus_test BetweenGpus.WhereOne*
s|const std::string& exchange = "host",|const std::string\& exchange = "auto",|
