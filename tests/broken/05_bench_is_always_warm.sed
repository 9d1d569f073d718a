# chapters/05_collectives/bench.cpp 05_collectives_tables_test Bench.WritesNothing*
s|pinned, !cold, mpi|pinned, !cold \|\| true, mpi|
