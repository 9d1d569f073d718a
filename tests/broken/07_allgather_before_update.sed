# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_test EveryRule.*
s|^    optimizers_\[u\].step(own_weights(u), own_gradients(u));|    if (options_.level < 3) { begin_allgather(parameters_ + first, own_weights(u), u, messages_); end_allgather(parameters_ + first, u, messages_); } optimizers_[u].step(own_weights(u), own_gradients(u)); continue;|
