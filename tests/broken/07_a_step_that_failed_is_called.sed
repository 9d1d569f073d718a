# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_meanwhile_test Meanwhile.*
/^Zero::~Zero/,/^}/s|^  device_.meanwhile = {};.*||
