# chapters/08_layer_splitting/schedule.cpp 08_layer_splitting_schedules_test Schedules.AllHold
s|m < group + stages; ++m|m < std::min(group + stages, micro_batches); ++m|
