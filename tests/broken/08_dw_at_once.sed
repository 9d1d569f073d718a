# chapters/08_layer_splitting/schedule.cpp 08_layer_splitting_schedules_test Halves.*:Schedules.IdleAsLong*
s/^int weights_behind(int stage) { return stage; }/int weights_behind(int) { return 0; }/
