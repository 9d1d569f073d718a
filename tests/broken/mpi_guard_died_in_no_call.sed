# common/mpi_guard/witness.cpp common_mpi_guard_test Planted/Guard.*/killed_in_call
s/      in_mpi ? name_of(dead.call.op) : "");/      "");/
