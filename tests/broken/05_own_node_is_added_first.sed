# chapters/05_collectives/two_level_halves.cpp 05_collectives_nodes_test TwoLevelHalves.Add*
s/const auto sum_of = \[&\](int i) -> const float\* {/const auto sum_of = [\&](int i) -> const float* { i = i == 0 ? h.node : i == h.node ? 0 : i;/
