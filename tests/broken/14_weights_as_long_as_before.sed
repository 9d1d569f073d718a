# chapters/14_search/team.cpp 14_search_test TeamsTest.TheWeights*
s|^  weights.resize(size_t(order.weights));|  ;|
