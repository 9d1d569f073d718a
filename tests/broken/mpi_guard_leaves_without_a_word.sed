# common/mpi_guard/nodes.cpp common_mpi_guard_test HelperThread.*
s/^  say_to_all(Word::end);//
