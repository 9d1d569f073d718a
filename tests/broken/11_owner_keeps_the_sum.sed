# chapters/11_fewer_bits/sixteen_bit_sum.cpp 11_fewer_bits_messages_test Sum.*
s/allgather_sixteen_bits(data, sum.data(), n, format, comm)/allgather_sixteen_bits(data, data + blocks.begin(rank_of(comm)), n, format, comm)/
