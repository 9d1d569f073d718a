# chapters/12_restart/interval.cpp 12_restart_goodput_test Simulation.IsEstimated*
s/1.96 \* deviation/1.645 * deviation/
