# chapters/14_search/trial.cpp 14_search_test TeamsTest.OneRankWithoutMemory*
s/if (!by_all) throw/if (!built) throw/
