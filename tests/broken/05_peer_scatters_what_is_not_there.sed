# chapters/05_collectives/peer_window.cu 05_collectives_peer_test *ReduceScatter*
s|meet();  // all vectors are there||
