# chapters/05_collectives/reach.cpp 05_collectives_reach_test Reach.ATable*
s/ways\[a\]\[b\] == 'p' && ways\[b\]\[a\] == 'p'/ways[a][b] == 'p'/
