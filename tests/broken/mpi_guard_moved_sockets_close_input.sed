# common/mpi_guard/socket.h mpi_guard_sockets_test Sockets.*
s/{ other.file_ = -1; }/{ other.file_ = 0; }/
