# chapters/14_search/search.cpp 14_search_halving_test SearchProgram.HelpsOnce
s/options.parse(argc, argv, mpi.rank() != 0)/options.parse(argc, argv)/
