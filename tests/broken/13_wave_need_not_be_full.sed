# chapters/13_scaling/product_time.cpp 13_scaling_products_test Products.AreMade*
s/std::ceil(tiles \/ c.multiprocessors)/tiles \/ c.multiprocessors/
