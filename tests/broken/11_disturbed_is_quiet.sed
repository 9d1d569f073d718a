# chapters/11_fewer_bits/bench.cpp 11_fewer_bits_ranks_test Bench.*
s/^  return only_if_quiet \&\& v != Verdict::quiet ? not_quiet_status : 0;/  return 0;/
