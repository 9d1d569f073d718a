# chapters/07_sharded_optimizer/zero_in_pieces.cpp 07_sharded_optimizer_pieces_test InPieces.HasTheSerialBitsWherever*
s/pieces_of(u), number); }/pieces_of(u) + 1, number); }/
