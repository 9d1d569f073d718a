# chapters/06_data_parallel/reproducible_exchange.cpp 06_data_parallel_test Reproducible.*
s|add(sum, incoming_.data(), sum, length);|for (; kept_.size() > 1 \&\& first + length == n; kept_.pop_back()) add(sum, sum, kept_.back() + first, length); &|
