# chapters/10_hybrid/train.cpp 10_hybrid_measuring_test Train.*
s/make_device(o.device, mpi.node_rank())/make_device(o.device, mpi.rank())/
