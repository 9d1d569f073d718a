# chapters/13_scaling/published.cpp 13_scaling_published_test Published.Prints*
s/{1024, 20079}/{1024, 20097}/
