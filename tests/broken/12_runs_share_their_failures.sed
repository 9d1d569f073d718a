# chapters/12_restart/interval.cpp 12_restart_goodput_test Simulation.IsEstimated*
s/uint64_t(seed \* runs + run)/uint64_t(seed + run)/
