# common/run_record.cpp common_test RunRecord.CutAnywhere*
s/while (std::getline(in, line) && !in.eof() && /while (std::getline(in, line) \&\& /
