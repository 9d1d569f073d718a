# chapters/06_data_parallel/bucket_exchange.cpp 07_sharded_optimizer_meanwhile_test Meanwhile.*
/^void BucketExchange::wait_for_all/,/^}/s|  device_.meanwhile = {};||
