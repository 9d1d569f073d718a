# chapters/13_scaling/network.cpp 13_scaling_test Network.RanksOfANodeShareItsCards
s/const int card = .*;/const int card = 0 * rank;/
