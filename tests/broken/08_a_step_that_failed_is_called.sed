# chapters/08_layer_splitting/pipeline.h 10_hybrid_meanwhile_test Meanwhile.*
s|  ~Pipeline() { device_.meanwhile = {}; }.*||
