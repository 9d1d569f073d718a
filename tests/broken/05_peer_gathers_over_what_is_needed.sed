# chapters/05_collectives/peer_window.cu 05_collectives_peer_test *Allgather*
s|meet();  // nobody needs what is overwritten||
