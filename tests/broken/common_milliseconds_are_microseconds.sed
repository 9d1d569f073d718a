# common/cluster/virtual_cluster.sh common_scripts_test VirtualCluster.StartsItsOwn*
s/microseconds=\${delay%ms}000/microseconds=${delay%ms}/
