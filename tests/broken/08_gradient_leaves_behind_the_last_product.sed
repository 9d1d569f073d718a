# chapters/08_layer_splitting/pipeline.cpp 08_layer_splitting_test Order.*
s/if (layer > 0) return;/return;/
