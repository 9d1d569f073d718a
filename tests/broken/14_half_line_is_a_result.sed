# chapters/14_search/search_journal.cpp 14_search_test Journal.*
s|if (in.eof()) break;.*||
