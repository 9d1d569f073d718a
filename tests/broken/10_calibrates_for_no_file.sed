# chapters/10_hybrid/calibrate.cpp 10_programs_test Programs.BadChoices*
s|  if (mpi.rank() == 0) require_writable(file);||
