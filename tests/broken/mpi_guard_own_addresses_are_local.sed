# common/mpi_guard/socket.cpp mpi_guard_sockets_test Sockets.OwnAddresses*
s/(one->ifa_flags & IFF_LOOPBACK)) continue/!(one->ifa_flags \& IFF_LOOPBACK)) continue/
