# chapters/14_search/trial.cpp 14_search_test TeamsTest.OneRank*
s|MPI_MIN, grid.all()|MPI_MIN, grid.data()|
