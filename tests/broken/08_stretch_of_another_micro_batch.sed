# chapters/01_serial/mlp.cpp 08_layer_splitting_test Pipeline.ComputesActivationsAgain*
s/if (there_ == std::pair(slot, first)) return;/if (there_.second == first) return;/
