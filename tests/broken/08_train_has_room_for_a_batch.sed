# chapters/08_layer_splitting/train.cpp 08_layer_splitting_measuring_test Train.*
s|gradients, o.largest_micro_batch(), MPI_COMM_WORLD|gradients, int(o.batch), MPI_COMM_WORLD|
