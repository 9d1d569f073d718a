# common/mpi/launch common_setup_test Setup.ALauncherIsTold*
s/job=qrsh;/job=srun;/
