# chapters/05_collectives/peer_reach.cu 05_collectives_reach_test PeerReach.RanksOfAnother*
s/MPI_Bcast(&first, 1, MPI_INT, 0, node)/MPI_Bcast(\&first, 1, MPI_INT, 0, comm)/
