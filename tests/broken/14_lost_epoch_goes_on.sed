# chapters/14_search/trial.cpp 14_search_test TrialTest.ADiverging*
s|^    if (!std::isfinite(sum)) break;||
