# common/mpi_guard/call.cpp mpi_guard_test PoliteFiles.ARankAlone*
s/^  return communicator.world_ranks.size() != 1 || .*$/  return true;/
