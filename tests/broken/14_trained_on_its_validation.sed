# chapters/14_search/search.cpp 14_search_programs_test SearchProgram.PrintsWhat*
s/part_of(all, {0, samples})/part_of(all, {all.count - samples, all.count})/
