# chapters/08_layer_splitting/idle.cpp 08_layer_splitting_test Time.*
s/ - forward + again);/ - forward + 0 * again);/
