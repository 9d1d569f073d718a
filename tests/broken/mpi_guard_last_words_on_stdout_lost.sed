# common/mpi_guard/watchdog.cpp common_mpi_guard_test Planted/Guard.*/launcher_reads_late
s/(unread(1) || unread(2))/unread(2)/
