# chapters/11_scaling/network.cpp 11_scaling_test Network.RanksOfANodeShareItsCards
s/const int card = .*;/const int card = 0 * rank;/
