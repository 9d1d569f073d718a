# common/cluster/job.sh common_scripts_test Scripts.*
s/n += $1 \* ($2 ? $2 : 1)/n += $1/
