# chapters/07_sharded_optimizer/train.cpp 07_sharded_optimizer_measuring_test Train.*
s/make_device(o.device, mpi.node_rank())/make_device(o.device, mpi.rank())/
