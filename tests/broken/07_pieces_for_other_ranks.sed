# chapters/07_sharded_optimizer/zero_in_pieces.cpp 07_sharded_optimizer_pieces_test InPieces.Halves*
s/messages.receive(view + theirs.first, theirs.size(), from, comm_)/messages.receive(view + theirs.first, theirs.size(), from, MPI_COMM_WORLD)/
