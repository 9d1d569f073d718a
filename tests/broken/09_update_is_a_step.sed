# chapters/09_tensor_parallel/bench.cpp 09_tensor_parallel_measuring_test Bench.Gives*
s/c.serial->update(); });/c.serial->step(rows); });/
