# chapters/13_scaling/datatypes.cpp 13_scaling_collectives_test Collectives.CombineTheirElementsAlone
/combine_places/,/^}/s/i < n; ++i/i <= n; ++i/
