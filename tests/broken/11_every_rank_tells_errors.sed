# chapters/11_fewer_bits/messages.cpp 11_fewer_bits_programs_test MessagesProgram.*
s/ || mpi.rank() != 0) return 0;/) return 0;/
