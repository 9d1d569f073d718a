# chapters/13_scaling/product_time.cpp 13_scaling_products_test Tables.AreRead*
s/c == ',' \&\& !quoted/c == ','/
