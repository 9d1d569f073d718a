# chapters/05_collectives/shared_window.cpp 05_collectives_nodes_test SharedWindowTest.AnyPieceOfIt
s/first = begin + blocks.begin(rank_)/first = blocks.begin(rank_)/
