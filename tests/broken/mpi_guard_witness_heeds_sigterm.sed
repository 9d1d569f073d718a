# common/mpi_guard/witness.cpp mpi_guard_waiting_test Witness.*
s/{SIGINT, SIGTERM, SIGHUP, SIGPIPE}/{SIGINT, SIGHUP, SIGPIPE}/
