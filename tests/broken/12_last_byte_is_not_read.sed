# chapters/12_restart/own_file.cpp 12_restart_numbers_test OwnFile.GoesOnByteByByte
/^void OwnFile::read/,/^}/s/count > 0/count > 1/
