# chapters/14_search/search.cpp 14_search_programs_test SearchProgram.GoesOn*
s/outcome.epochs != Halving::epochs_after(.*$/false)/
