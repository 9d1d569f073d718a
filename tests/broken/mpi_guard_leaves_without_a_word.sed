# common/mpi_guard/nodes.cpp common_mpi_guard_test HelperThread.EndsTheJobFromAnyNode
s/if (to_first.open()) say(to_first, Word::end, nullptr, 0);/if (to_first.open()) {}/
