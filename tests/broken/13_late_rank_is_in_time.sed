# chapters/13_scaling/referee/patterns.h 13_scaling_hosts_test Hosts.PrintsTheFile*
s/compute(1e-3 \* c.late \* rank);/compute(0 * c.late * rank);/
