# chapters/13_scaling/referee/patterns.h 13_scaling_hosts_test Hosts.ComputeAsLong*
s/compute(1e-3 \* std::min(left, c.asks))/compute(1e-3 * c.asks)/
