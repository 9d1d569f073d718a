# chapters/05_collectives/reach.cpp 05_collectives_reach_test Reach.ATable*
s/direct\[a\] && direct\[b\]/direct[a] || direct[b]/
