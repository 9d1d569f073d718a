# chapters/09_tensor_parallel/tensor_parallel.cpp 09_tensor_parallel_measuring_test Time.OfPieces*
/^    on_host(view, size);/{n;s/time_.exchanging += /time_.exchanging = /}
