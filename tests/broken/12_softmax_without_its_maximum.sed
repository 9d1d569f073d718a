# chapters/12_restart/predict.cpp 12_restart_numbers_test Predict.KnowsLarge*
s/std::exp(value - largest)/std::exp(value - 0 * largest)/
