# chapters/11_fewer_bits/sixteen_bit_sum.cpp 11_fewer_bits_messages_test Sum.IsOneOfTheRanks*
s/rank(rank_of(comm)), comm(comm)/rank(rank_of(comm)), comm(MPI_COMM_WORLD)/
