# chapters/05_collectives/peer_window.cu 05_collectives_peer_test *WhoIsFast*
s|meet();  // all have added||
