# chapters/14_search/search.cpp 14_search_programs_test SearchProgram.PrintsWhat*
s|, .last_look = 1}|}|
