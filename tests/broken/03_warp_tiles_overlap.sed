# chapters/03_fast_kernels/warp_tile.cuh 03_fast_kernels_products_test FastTest.WarpTile*
s|warp / Tile::warps_across \* Tile::warp_rows|warp / Tile::warps_across * 32|
