# chapters/13_scaling/simulated_collectives.cpp 13_scaling_collectives_test Collectives.OfMpiItselfTake*
s/if (bytes < 12 \* 1024 || p.ranks < 8)/if (bytes < 12 * 1048576 || p.ranks < 8)/
