# chapters/03_fast_kernels/live.cpp 03_fast_kernels_live_test LiveRequests.AreThoseOfTheCounter
s/row + in_bank\[bank\]++, bank/row + 0 * in_bank[bank]++, bank/
