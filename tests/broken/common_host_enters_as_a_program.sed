# common/cluster/enter_host common_scripts_test Scripts.AHost*
s/eval "exec \$\*"/exec "$@"/
