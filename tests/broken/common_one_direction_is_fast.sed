# common/cluster/virtual_cluster.sh common_scripts_test VirtualCluster.Has*
s/shape "" "\$host" "\$rate" ""/shape "" "$host" "" ""/
