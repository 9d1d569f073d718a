# chapters/09_tensor_parallel/tensor_parallel.cpp 09_tensor_parallel_measuring_test Time.OfPieces*
s/    exchanging += timer.seconds();/    exchanging = timer.seconds();/
