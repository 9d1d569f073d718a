# chapters/09_tensor_parallel/contenders.cpp 09_tensor_parallel_costs_test Contenders.DoNot*
s/^  o.watch = 0;/  ;/
