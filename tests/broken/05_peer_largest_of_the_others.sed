# chapters/05_collectives/peer_window.cu 05_collectives_peer_test GpuCollectivesTest.*
s/float largest = from.at\[0\]\[i\];/float largest = 0;/
