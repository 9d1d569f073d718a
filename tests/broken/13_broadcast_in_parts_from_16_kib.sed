# chapters/13_scaling/simulated_collectives.cpp 13_scaling_corners_test Algorithms.*
s/bytes < 12 \* 1024 ||/bytes < 16 * 1024 ||/
