# chapters/09_tensor_parallel/crossover.cpp 09_tensor_parallel_costs_test Crossover.IsMeasured*
s/if (ratios\[i\] <= 1) continue;/if (ratios[i] < 1) continue;/
