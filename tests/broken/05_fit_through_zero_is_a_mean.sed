# chapters/05_collectives/cost.cpp 05_collectives_cost_test Fit.HasTheSmallest*
s|line = {0, xy / xx, 0}|line = {0, y / x, 0}|
