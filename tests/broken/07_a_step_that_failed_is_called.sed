# chapters/07_sharded_optimizer/zero.h 07_sharded_optimizer_meanwhile_test Meanwhile.*
s|  ~Zero() { device_.meanwhile = {}; }.*||
