# chapters/08_layer_splitting/schedule.cpp 08_layer_splitting_schedules_test Schedules.AllHold
s|= most_in_flight(schedule, chunk);|= std::min(stages, most_in_flight(schedule, chunk));|
