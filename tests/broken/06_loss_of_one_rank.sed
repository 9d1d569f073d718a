# chapters/06_data_parallel/reproducible_exchange.cpp 06_data_parallel_test Reproducible.*
s|losses_.data(), int(losses_.size())|losses_.data(), 1|
