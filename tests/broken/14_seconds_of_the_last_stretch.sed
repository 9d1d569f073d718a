# chapters/14_search/search.cpp 14_search_programs_test SearchProgram.FailedTrials*
s|row.seconds += outcome.seconds|row.seconds = outcome.seconds|
