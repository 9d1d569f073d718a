# chapters/14_search/search_journal.cpp 14_search_halving_test Journal.*
s|if (in.eof()) break;.*||
