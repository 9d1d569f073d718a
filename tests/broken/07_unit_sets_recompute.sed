# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_measuring_test Options.Reach*
s/options.add("unit", &unit,/options.add("unit", \&recompute,/
