# chapters/11_fewer_bits/sharded.cpp 11_fewer_bits_programs_test Programs.HelpNames*
s|o.micro_batches = mpi.size();|;|
