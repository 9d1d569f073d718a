# common/cluster/virtual_cluster.sh common_scripts_test VirtualCluster.StartsItsOwn*
s/^  \[ ! -s "\$state\/switch.pid" \] || kill .*/  :/
