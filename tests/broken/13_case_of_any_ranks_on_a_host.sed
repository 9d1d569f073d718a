# chapters/13_scaling/referee/measure.cpp 13_scaling_hosts_test Hosts.AreMeasured*
s/if (c.hosts != hosts || c.on_a_host != on_a_host) continue/if (c.hosts != hosts) continue/
