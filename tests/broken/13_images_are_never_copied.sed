# chapters/01_serial/head.cpp 13_scaling_step_test StepTime.HasTheCopies*
s/size_t n = rows.size() \* size_t(mlp.layout().in());/size_t n = rows.size() * data.features();/
