# chapters/06_data_parallel/bucket_exchange.cpp 07_sharded_optimizer_meanwhile_test Meanwhile.*
s|  device_.meanwhile = \[this\] { progress(); };.*||
