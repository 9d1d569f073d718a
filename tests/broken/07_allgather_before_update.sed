# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_test EveryRule.*
s|^    optimizers_\[u\].step(own_weights(u), own_gradients(u));|    if (options_.level < 3) allgather(parameters_ + first, own_weights(u), u); optimizers_[u].step(own_weights(u), own_gradients(u)); continue;|
