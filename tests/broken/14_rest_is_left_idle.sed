# chapters/14_search/team.cpp 14_search_test TeamsTest.ARest*
s|workers % ranks_per_trial != 0|ranks_per_trial < 1|
