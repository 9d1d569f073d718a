# chapters/13_scaling/product_time.cpp 13_scaling_corners_test Products.*
s/ + std::abs(std::log(p.n \/ n))//
