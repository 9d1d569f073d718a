# chapters/05_collectives/reach.cpp 05_collectives_reach_test Reach.EachCase*
s/== 'r' ? a : b;/== 'r' ? b : b;/
