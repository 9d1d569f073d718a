# chapters/14_search/team.cpp 14_search_test TeamsTest.Train*
s|if (order.weights > 0) MPI_CHECK(MPI_Bcast(weights.data(), order.weights, MPI_FLOAT, 0, team));||
