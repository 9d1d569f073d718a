# chapters/09_tensor_parallel/crossover.cpp 09_tensor_parallel_costs_test Crossover.IsMeasured*
s/if (ratios.front() > 1) return 0;/if (ratios.front() >= 1) return 0;/
