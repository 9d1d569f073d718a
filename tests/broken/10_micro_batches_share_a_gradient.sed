# chapters/10_hybrid/sharded_update.cpp 10_hybrid_test Reproducible.Data*
s/float\* place = gradients_ + size_t(number_of_\[size_t(m)\]) \* pipeline_.layout().count +/float* place = gradients_ + 0 * size_t(m) +/
