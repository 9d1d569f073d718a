# chapters/13_scaling/hosts.cpp 13_scaling_hosts_test Hosts.AreThose*
s/load_cluster(cluster);/load_cluster("chapters\/13_scaling\/referee\/virtual_cluster.txt");/
