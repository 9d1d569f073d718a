# chapters/14_search/search.cpp 14_search_halving_test SearchProgram.TellsWhatIts*
s|report.held_seconds\[team\]);|report.wall_seconds);|
