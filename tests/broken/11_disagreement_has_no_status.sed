# chapters/11_fewer_bits/fewer_bits_report.cpp 11_fewer_bits_ranks_test Train.HasAStatusIfItDisagreesWithTheSerialRun
s/^  return status;/  return 0;/
