# chapters/06_data_parallel/reproducible_exchange.cpp 06_data_parallel_test Reproducible.OfALong*
s/add(sum, sum, kept_\[i\] + first, length)/add(sum, sum, kept_[i], length)/
