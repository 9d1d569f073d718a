# common/mpi_guard/communicators.cpp mpi_guard_record_test Record.Members*
s/const uint64_t counted = op == Op::comm_create_group ? .* : from.children++;/const uint64_t counted = op == Op::comm_create_group ? from.children++ : from.children++;/
