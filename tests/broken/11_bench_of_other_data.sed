# chapters/11_fewer_bits/bench.cpp 11_fewer_bits_ranks_test Bench.*
s/read_mnist_train(data);/read_mnist_train("build\/data");/
