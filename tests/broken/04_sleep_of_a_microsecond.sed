# chapters/04_point_to_point/patience.cpp 04_point_to_point_test WaitAsleep.Sleeps*
s/usleep(1000);/usleep(1);/
