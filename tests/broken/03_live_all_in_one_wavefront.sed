# chapters/03_fast_kernels/warp_access.cpp 03_fast_kernels_live_test WarpAccess.WavefrontsAndSectorsByHand
s/row + in_bank\[word % banks\]++, word/row + 0 * in_bank[word % banks]++, word/
