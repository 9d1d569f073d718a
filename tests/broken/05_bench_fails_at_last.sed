# chapters/05_collectives/bench.cpp 05_collectives_tables_test Bench.LooksAt*
s|^    if (mpi.rank() == 0) require_writable(file);|    if (mpi.rank() < 0) require_writable(file);|
