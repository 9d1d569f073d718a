# chapters/07_sharded_optimizer/zero_in_pieces.cpp 07_sharded_optimizer_pieces_test InPieces.AUnitOfExactly*
s/unit <= longest/unit < longest/
