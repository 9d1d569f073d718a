# chapters/04_point_to_point/trial.cpp 04_point_to_point_test SerialRunTest.*
s|uint32_t(number), data.count|uint32_t(number > 0), data.count|
