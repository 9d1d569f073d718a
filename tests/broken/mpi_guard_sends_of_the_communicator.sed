# common/mpi_guard/report.cpp mpi_guard_record_test Record.Reports*
s/reported = {sent.communicator->world_rank(sent.peer), /reported = {sent.peer, /
