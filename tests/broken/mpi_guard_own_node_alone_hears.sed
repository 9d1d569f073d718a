# common/mpi_guard/watchdog.cpp common_mpi_guard_test HelperThread.EndsTheJobFromAnyNode
s/if (page.leaving || another_node_ends_the_job()) end_job();/if (page.leaving || another_node_ends_the_job()) leave();/
