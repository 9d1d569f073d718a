# chapters/04_point_to_point/serial_run.cpp 09_programs_test Train.PrintsWhatAPlainLoopComputes
s/distance.relative <= 10 \* yardstick.relative/distance.within(10 * yardstick.max_abs)/
