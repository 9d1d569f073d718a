# chapters/13_scaling/product_time.cpp 13_scaling_products_test Tables.AreRead*
s/{"m", "n", "k", "product", "gflops"}/{"m", "n", "k", "gflops"}/
