# chapters/05_collectives/reach.cpp 05_collectives_reach_test Reach.ARank*
s/near = gpu < 0 ? ""/near = gpu < 1 ? ""/
