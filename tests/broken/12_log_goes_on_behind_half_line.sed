# chapters/01_serial/run_record.cpp 01_serial_record_test RunRecord.CutAnywhere*
s/while (std::getline(in, line) && !in.eof() && /while (std::getline(in, line) \&\& /
