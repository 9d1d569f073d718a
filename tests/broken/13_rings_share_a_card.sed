# chapters/13_scaling/many_rings.cpp 13_scaling_published_test ManyRings.TakeTheTime*
s/const int first = k + 1/const int first = 1/
