# chapters/13_scaling/scaling.cpp 13_scaling_large_test Models.*
s/efficiency = speedup \/ double(times)/efficiency = speedup \/ double(ranks)/
