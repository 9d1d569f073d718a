# chapters/10_hybrid/sharded_update.cpp 10_hybrid_test EveryGrid.BeginsToSend*
s/const int to = (rank_ + step) % ranks_;/const int to = step <= rank_ ? step - 1 : step;/
