# chapters/05_collectives/peer_window.cu 05_collectives_peer_test GpuCollectivesTest.Parts*
s|meet();  // all parts are there||
