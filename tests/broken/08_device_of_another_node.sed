# chapters/08_layer_splitting/train.cpp 08_layer_splitting_measuring_test Train.*
s/make_device(o.device, mpi.node_rank())/make_device(o.device, mpi.rank())/
