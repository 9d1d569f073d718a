# chapters/14_search/trial.cpp 14_search_test TrialTest.*
s|uint32_t(number), data.count|uint32_t(number > 0), data.count|
