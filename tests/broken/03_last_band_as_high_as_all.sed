# chapters/03_fast_kernels/block_order.h 03_fast_kernels_products_test BlockOrder.*:FastTest.MoreThanABand*
s|rows - first < rows_in_a_band ? rows - first : rows_in_a_band;|rows_in_a_band;|
