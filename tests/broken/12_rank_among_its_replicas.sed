# chapters/12_restart/training_run.cpp 12_restart_test Saving.NamesRanks*
s/{hash_bits(mine), rank_of(MPI_COMM_WORLD)}/{hash_bits(mine), rank_of(copies)}/
