# common/mpi_guard/report.cpp mpi_guard_record_test Record.Reports*
s/rank_text(world_rank(call, rank))/rank_text(rank)/
