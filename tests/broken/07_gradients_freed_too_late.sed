# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_footprint_test Footprint.*
s|if (gradients_are_sharded) free_gradients|if (gradients_are_sharded \&\& l == 0) free_gradients|
