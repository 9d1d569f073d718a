# chapters/14_search/search.cpp 14_search_programs_test SearchProgram.PrintsWhat*
s|epochs: ", team, outcome.trial|epochs: ", team + 1, outcome.trial|
