# chapters/07_sharded_optimizer/sharded_run.cpp 07_sharded_optimizer_test EveryRule.*
s|head_.backward(mlp_, batch.size());|head_.backward(mlp_, rows.size());|
