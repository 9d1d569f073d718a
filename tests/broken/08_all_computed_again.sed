# chapters/01_serial/mlp.cpp 08_layer_splitting_test Pipeline.ComputesOnlyAgain*
s/forward_layers(first, layer, slot);/forward_layers(0, layer, slot);/
