# common/mpi_guard/watchdog.cpp common_mpi_guard_test HelperThread.EndsTheJobWhen*
s/    if (another_node_died()) end_job_after_death();//
