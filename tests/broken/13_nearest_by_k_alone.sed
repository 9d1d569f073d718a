# chapters/13_scaling/product_time.cpp 13_scaling_products_test Products.TakeTheTime*
s/return std::abs(std::log(p.m \/ m)) + std::abs(std::log(p.n \/ n)) + /return /
