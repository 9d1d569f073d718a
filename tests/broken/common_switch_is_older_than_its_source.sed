# common/cluster/virtual_cluster.sh common_scripts_test VirtualCluster.StartsItsOwn*
s/find "\$delay_switch" -newer "\$here\/delay_switch.cpp"/find "$here\/delay_switch.cpp" -newer "$delay_switch"/
