# chapters/08_layer_splitting/schedule.cpp 08_layer_splitting_schedules_test Schedules.AllHold
s|schedule.slots.push_back(most_in_flight(\(.*\)));|schedule.slots.push_back(std::min(stages, most_in_flight(\1)));|
