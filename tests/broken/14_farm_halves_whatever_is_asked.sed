# chapters/14_search/search.cpp 14_search_programs_test SearchProgram.GoesOn*
s|, .eta = int(o.eta)}|}|
