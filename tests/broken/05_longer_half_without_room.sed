# chapters/05_collectives/power_of_two.cpp 05_collectives_cost_test Halve.HasRoom*
s|scratch(std::max(first_half, blocks.n - first_half))|scratch(first_half)|
