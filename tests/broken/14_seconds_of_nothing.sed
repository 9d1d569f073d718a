# chapters/14_search/trial.cpp 14_search_test TrialTest.ADivergingTrialIsAnOutcomeAtOnce
s|outcome.seconds = timer.seconds()|outcome.seconds = Timer().seconds()|
