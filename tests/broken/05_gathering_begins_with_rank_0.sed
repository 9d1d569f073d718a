# chapters/05_collectives/allgather.cpp 07_sharded_optimizer_test Zero.PostsReceives*
s/messages.send(mine, blocks.size(rank), (rank + step) % ranks, comm);/messages.send(mine, blocks.size(rank), step <= rank ? step - 1 : step, comm);/
