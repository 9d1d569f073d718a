# chapters/06_data_parallel/reproducible_exchange.cpp 06_data_parallel_test Reproducible.*
s|  device_.fill(place, -0.0f.*||
