# common/cluster/job.sh 12_attempts_test Attempts.OfAJob*
s/trap 'time_is_over=yes; /trap '/
