# chapters/07_sharded_optimizer/train.cpp 07_sharded_optimizer_measuring_test Train.*
s/if (mpi.rank() == 0) print_memory/print_memory/
