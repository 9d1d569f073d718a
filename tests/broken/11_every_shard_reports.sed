# chapters/11_fewer_bits/sharded.cpp 11_fewer_bits_programs_test ShardedProgram.TellsMemory*
s/TrainReport report(o, train, mpi.rank() != 0)/TrainReport report(o, train, false)/
