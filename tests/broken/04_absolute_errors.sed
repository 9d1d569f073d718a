# chapters/04_point_to_point/message_cost.cpp 04_point_to_point_test FitLine.*
s|const double u = 1 / time.seconds, v = double(time.bytes) / time.seconds;|const double u = 1e6, v = 1e6 * double(time.bytes);|
