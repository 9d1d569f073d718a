# chapters/05_collectives/curves.cpp 05_collectives_tables_test Curves.PrintsTheTimes*
s/^  if (mpi.rank() != 0) return 0;$//
