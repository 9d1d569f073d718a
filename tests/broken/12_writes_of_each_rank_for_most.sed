# chapters/12_restart/bench.cpp 12_restart_measuring_test Bench.CountsTheWrites*
s/^  return all;/  return mine;/
