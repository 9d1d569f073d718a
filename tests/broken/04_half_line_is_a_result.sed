# chapters/04_point_to_point/search_journal.cpp 04_point_to_point_test Journal.*
s|if (in.eof()) break;.*||
