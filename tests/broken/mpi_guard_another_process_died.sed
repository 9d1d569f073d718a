# common/mpi_guard/page.cpp common_mpi_guard_test HelperThread.EndsTheJobThat*
s/mine.pid = getpid();/mine.pid = getppid();/
