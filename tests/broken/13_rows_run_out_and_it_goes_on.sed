# chapters/13_scaling/scaling.cpp 13_scaling_programs_test Scaling.StopsWhereRowsRunOut*
s/^      break;/      ;/
