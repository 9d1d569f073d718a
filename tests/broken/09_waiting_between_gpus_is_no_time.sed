# chapters/09_tensor_parallel/tensor_between_gpus.cpp 09_tensor_parallel_gpus_test BetweenGpus.TimeOfASum*
/^void TensorParallel::end_between_gpus/,$s|^  time_.exchanging += timer.seconds();$||
