# chapters/05_collectives/cost.cpp 05_collectives_cost_test Predicted.*
s|block = bytes / ranks|block = bytes / 2|
