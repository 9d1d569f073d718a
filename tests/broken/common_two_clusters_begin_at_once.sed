# common/cluster/virtual_cluster.sh common_cluster_long_test Cluster.IsUpForOneOfThree
s,mkdir "$state" 2>/dev/null,mkdir -p "$state",
