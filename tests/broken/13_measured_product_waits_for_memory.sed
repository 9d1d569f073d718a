# chapters/13_scaling/modelled_device.cpp 13_scaling_products_test Products.TakeTheTime*
s/cluster_.products.empty() ? 4 \* floats \/ cluster_.bytes_per_second : 0/4 * floats \/ cluster_.bytes_per_second/
