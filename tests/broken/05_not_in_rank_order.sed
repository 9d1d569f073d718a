# chapters/05_collectives/add.h 05_collectives_test RankOrder.AddsAsASerialLoopOverTheRanks
s/for (int r = 2; r < ranks; ++r)/for (int r = ranks - 1; r >= 2; --r)/
