# chapters/13_scaling/referee/measure.cpp 13_scaling_hosts_test Hosts.AreMeasured*
s/^    seconds.erase(seconds.begin());.*$//
