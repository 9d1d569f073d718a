# chapters/09_tensor_parallel/train.cpp 09_tensor_parallel_costs_test Train.SumsIn*
s/, o.exchange, o.longest_piece());/, o.exchange);/
