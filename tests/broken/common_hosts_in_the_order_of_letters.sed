# common/cluster/virtual_cluster.sh common_scripts_test Scripts.AVirtual*
s/ | sort -V; }/ | sort; }/
