# chapters/08_layer_splitting/schedule.cpp 08_layer_splitting_schedules_test Schedules.AllHold
s|steps.push_back({pass, chunk, m});|steps.push_back({pass, chunk, pass == Pass::forward ? m : 2 * group + stages - 1 - m});|
