# common/mpi_guard/watchdog.cpp common_mpi_guard_test HelperThread.LetsNodes*
s/  take_leave_of_other_nodes();//
