# common/cluster/job.sh common_scripts_test Scripts.AJobTells*
s/^export EXPECT_RANKS=/EXPECT_RANKS=/
