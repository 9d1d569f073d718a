# chapters/14_search/trial_farm.cpp 14_search_test Farm.WhoWaits*
s|^  wait_asleep(1, outcome_tag, comm);|  ;|
