# chapters/09_tensor_parallel/bench.cpp 09_tensor_parallel_measuring_test Bench.PrintsSpeedupsOfRounds
s/speedup\[i\] \/ limit\[i\]/speedup[i] \/ limit[0]/
