# chapters/06_data_parallel/gpu_ways.cpp common_nonsense_test Help.*
s/options.parse(argc, argv, mpi.rank() != 0)/options.parse(argc, argv, mpi.rank() == 0)/
