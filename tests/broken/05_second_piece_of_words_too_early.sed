# chapters/05_collectives/words.cpp 05_collectives_cost_test Words.*
s/MPI_Isend(data + begin, length/MPI_Isend(data + begin - (begin > 0), length/
