# common/cluster/virtual_cluster.sh common_scripts_test VirtualCluster.Has*
s/^  \[ -s "\$state\/hostfile" \] || die/  true || die/
