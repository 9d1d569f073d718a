# common/mpi/launch common_setup_test Setup.ALauncher*
s/^    export OMPI_MCA_io_ompio_priority=.*/    :/
