# chapters/13_scaling/simulated_collectives.cpp 13_scaling_collectives_test Collectives.OfMpiItself
s/return (root + distance) % p.ranks;/return (0 * root + distance) % p.ranks;/
