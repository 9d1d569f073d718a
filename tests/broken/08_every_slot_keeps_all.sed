# chapters/01_serial/mlp.cpp 08_layer_splitting_test Memory.*
s/is_kept(a, depth(), space.keep_every) ? place/is_kept(a, depth(), 1) ? place/
