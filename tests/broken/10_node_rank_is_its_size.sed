# chapters/10_hybrid/train.cpp 10_hybrid_measuring_test Train.*
s/o.apply(train, mpi.node_size(), mpi.node_rank());/o.apply(train, mpi.node_rank(), mpi.node_size());/
