# common/mpi/launch common_setup_test Setup.ALauncherIsTold*
s/^case "${HYDRA_LAUNCHER:-}${HYDRA_BOOTSTRAP:-} /case "${HYDRA_LAUNCHER:-} /
