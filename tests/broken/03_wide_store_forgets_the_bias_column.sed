# chapters/03_fast_kernels/warp_tile.cuh 03_fast_kernels_products_test *WideRowsAreFinishedToo/*12*
s|finished(sum\[i\]\[first + q\], j + q, finish)|finished(sum[i][first + q], j, finish)|
