# chapters/05_collectives/peer_window.cu 05_collectives_peer_test *AddsInRankOrder*
s|meet();  // all operands are there||
