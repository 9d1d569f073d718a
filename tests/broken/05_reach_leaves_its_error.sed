# chapters/05_collectives/peer_reach.cu 05_collectives_reach_test PeerReach.WhereOne*
s/^  words(cudaError_t(own.error));//
