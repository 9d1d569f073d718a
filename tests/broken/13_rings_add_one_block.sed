# chapters/13_scaling/many_rings.cpp 13_scaling_published_test ManyRings.Add
s/add(rings \* block);/add(block);/
