# chapters/08_layer_splitting/bench.cpp 08_layer_splitting_programs_test Plan.*
s|  if (mpi.rank() == 0) require_writable(c.csv);||
