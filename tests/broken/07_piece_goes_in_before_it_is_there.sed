# chapters/07_sharded_optimizer/zero_in_pieces.cpp 07_sharded_optimizer_pieces_test InPieces.HasTheSerialBitsWherever*
s/    arriving\[c\].wait();/    arriving[0].wait();/
