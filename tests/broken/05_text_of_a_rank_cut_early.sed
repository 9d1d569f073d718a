# chapters/05_collectives/reach.cpp 05_collectives_reach_test Reach.Texts*
s/snprintf(text, sizeof text, "%s", mine/snprintf(text, sizeof text - 1, "%s", mine/
