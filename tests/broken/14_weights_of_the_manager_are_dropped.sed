# chapters/14_search/trial.cpp 14_search_test TrialTest.*:TeamsTest.Train*
s|else model.set_weights(weights);|else model.initialize(uint64_t(trial.seed));|
