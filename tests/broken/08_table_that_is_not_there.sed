# chapters/08_layer_splitting/bench.cpp 08_layer_splitting_measuring_test Bench.Says*
s/^  if (!out.flush()) throw Error(c.csv + ": cannot be written");$/  ;/
