# common/mpi_guard/communicator_calls.cpp mpi_guard_record_test Record.TellsEvery*
s/return made(PMPI_Cart_sub(comm, keep, part), Op::cart_sub, comm, part);/return PMPI_Cart_sub(comm, keep, part);/
