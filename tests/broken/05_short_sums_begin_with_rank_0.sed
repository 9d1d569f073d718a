# chapters/05_collectives/allreduce.cpp 05_collectives_test Order.*
s/messages.send(data, n, (rank + step) % ranks, comm);/messages.send(data, n, step <= rank ? step - 1 : step, comm);/
