# chapters/13_scaling/referee/nearness.awk 13_scaling_hosts_test Hosts.NearIs*
s/\$10 <= 1.15/$10 < 1.15/
