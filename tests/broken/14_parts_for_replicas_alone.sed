# chapters/14_search/search.cpp 14_search_programs_test SearchProgram.ATrialMayHave*
s|micro_batches : replicas \* pipeline|micro_batches : replicas|
