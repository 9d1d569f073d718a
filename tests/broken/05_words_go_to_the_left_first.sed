# chapters/05_collectives/words.cpp 05_collectives_cost_test Words.GoToTheRight*
/begin_allgather_direct/,/^}/s|(rank + step) % ranks, comm);|(rank - step + ranks) % ranks, comm);|
