# common/mpi_guard/socket.cpp mpi_guard_sockets_test Sockets.ASignal*
s/else if (done == 0 || errno != EINTR) close();/else close();/
