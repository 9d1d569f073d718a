# chapters/05_collectives/shared_window.cpp 05_collectives_peer_test *GiveTheir*
/^void require_one_node/,/^}/s|^  MPI_CHECK(MPI_Comm_free(&node));||
