# chapters/10_hybrid/bench.cpp 10_hybrid_measuring_test Bench.*
s/only_if_quiet && v != Verdict::quiet/only_if_quiet \&\& v == Verdict::quiet/
