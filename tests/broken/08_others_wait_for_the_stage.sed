# chapters/08_layer_splitting/pipeline.cpp 10_hybrid_meanwhile_test Grid.*
s|progress(), before ? before() : void();|progress();|
