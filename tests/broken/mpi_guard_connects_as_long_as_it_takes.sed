# common/mpi_guard/socket.cpp mpi_guard_sockets_test Sockets.WaitNoLonger*
s/^  fcntl(made.file(), F_SETFL, O_NONBLOCK);//
