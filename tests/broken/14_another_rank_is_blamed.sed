# chapters/14_search/trial.cpp 14_search_test TeamsTest.OneRankWithoutMemory*
s|throw Error(built ? "another rank|throw Error(!built ? "another rank|
