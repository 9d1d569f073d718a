# chapters/14_search/team.cpp 14_search_test TeamsTest.EveryRank*
s|MPI_UNDEFINED : (rank - 1) / ranks_per_trial|MPI_UNDEFINED : (rank - 1) % ranks_per_trial|
