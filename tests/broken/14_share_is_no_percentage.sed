# chapters/14_search/search.cpp 14_search_programs_test SearchProgram.GoesOn*
s|100 \* report.utilisation()|report.utilisation()|
