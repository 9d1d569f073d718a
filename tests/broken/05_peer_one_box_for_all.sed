# chapters/05_collectives/peer_window.cu 05_collectives_peer_test *SumOfSums*
s/short_ones_++ % 2/short_ones_++ % 1/
