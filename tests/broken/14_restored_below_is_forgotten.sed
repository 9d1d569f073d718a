# chapters/14_search/halving.cpp 14_search_halving_test HalvingTest.ResultsAreRestoredInAnyOrder
s|risen ? State::promoted : State::done, score|risen ? State::done : State::done, score|
