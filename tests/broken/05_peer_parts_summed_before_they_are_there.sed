# chapters/05_collectives/peer_window.cu 05_collectives_peer_test GpuCollectivesTest.Parts*
s|meet();  // the vectors of all are there||
