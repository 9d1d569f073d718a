# chapters/13_scaling/bench.cpp 13_scaling_programs_test Bench.TellsItsSpeed*
s/timer.seconds() \/ steps;/timer.seconds();/
