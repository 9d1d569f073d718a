# chapters/05_collectives/peer_window.cu 05_collectives_peer_test GpuCollectivesTest.*
s/for (int k = 1; k < from.count; ++k) sum/for (int k = from.count - 1; k > 0; --k) sum/
