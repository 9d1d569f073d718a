# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_footprint_test Footprint.*
s|if (!between_gpus()) operands_ = Buffer(device_, collected, Purpose::exchange);|if (!between_gpus()) operands_ = Buffer(device_, collected, nodes_.empty() ? Purpose::exchange : Purpose::workspace);|
