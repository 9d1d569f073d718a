# chapters/03_fast_kernels/warp_tile.cuh 03_fast_kernels_test FastTest.WarpTile*
s|warp / warps_across \* warp_rows|warp / warps_across * 32|
