# chapters/10_hybrid/sharded_update.cpp 10_hybrid_meanwhile_test Grid.*
s|for (auto\* requests : {&receives_, &sends_})|for (auto* requests : {\&receives_})|
