# chapters/07_sharded_optimizer/zero_in_pieces.cpp 07_sharded_optimizer_pieces_test InPieces.APiece*
s/  if (!has_views_ || !nodes_.empty()/  if (options_.chunk_kib > 0 || !nodes_.empty()/
