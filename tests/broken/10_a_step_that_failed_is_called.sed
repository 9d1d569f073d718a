# chapters/10_hybrid/sharded_update.cpp 10_hybrid_meanwhile_test Meanwhile.*
s|  device_.meanwhile = {};  // after an error.*||
