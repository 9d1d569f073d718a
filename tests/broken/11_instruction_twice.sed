# chapters/11_fewer_bits/bench.cpp 11_fewer_bits_ranks_test Bench.*
s/std::make_unique<FewerBitsDevice>("bf16", false)/std::make_unique<FewerBitsDevice>("bf16")/
