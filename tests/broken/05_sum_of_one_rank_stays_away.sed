# chapters/05_collectives/add.h 05_collectives_test RankOrder.AddsAsASerialLoopOverTheRanks
s/    if (sum != operand(0)) std::copy_n(operand(0), n, sum);//
