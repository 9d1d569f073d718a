# common/mpi/launch common_setup_test Setup.ALauncherIsTold*
s/^unset PMI_RANK PMI_SIZE PMI_FD /unset PMI_RANK PMI_SIZE /
