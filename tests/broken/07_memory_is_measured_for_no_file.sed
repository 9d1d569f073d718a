# chapters/07_sharded_optimizer/memory.cpp 07_programs_test Programs.SayThat*
s|  if (mpi.rank() == 0) require_writable(csv);||
