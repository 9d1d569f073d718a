# chapters/01_serial/run_record.cpp 01_serial_record_test RunRecord.*
s/^  if (error) throw Error(/  if (false) throw Error(/
