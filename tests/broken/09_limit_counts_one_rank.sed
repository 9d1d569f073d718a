# chapters/09_tensor_parallel/bench.cpp 09_tensor_parallel_wide_test Bench.TellsTheSpeedupsOfWideLayers
s/limit.push_back(mpi.size() \* cell/limit.push_back(cell/
