# chapters/14_search/trial_farm.cpp 14_search_test Farm.WhoWaitsSleeps
s|^  receive_weights(1, comm);$||
