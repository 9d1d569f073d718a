# chapters/09_tensor_parallel/train.cpp 09_tensor_parallel_costs_test Train.*
s/make_device(o.device, mpi.node_rank())/make_device(o.device, mpi.rank())/
