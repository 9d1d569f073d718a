# chapters/14_search/search.cpp 14_search_programs_test SearchProgram.ATrialMayHave*
s|micro_batches > 0 ? micro_batches : |micro_batches > 1 << 30 ? micro_batches : |
