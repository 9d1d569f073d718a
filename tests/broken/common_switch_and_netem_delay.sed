# common/cluster/virtual_cluster.sh common_scripts_test VirtualCluster.StartsItsOwn*
s/"\$(\[ "\$how" = switch \] || echo "\$delay")"/"$delay"/
