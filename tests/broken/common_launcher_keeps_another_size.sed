# common/mpi/launch common_setup_test Setup.ALauncher*
s/^EXPECT_RANKS=\$1/EXPECT_RANKS=${EXPECT_RANKS:-$1}/
