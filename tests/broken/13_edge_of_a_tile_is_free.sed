# chapters/13_scaling/product_time.cpp 13_scaling_products_test Products.AreMade*
s/std::ceil(n \/ c.tile_columns)/n \/ c.tile_columns/
