# common/mpi_guard/report.cpp mpi_guard_record_test Record.Reports*
s/want = {what, world_rank(call, peer), /want = {what, peer, /
