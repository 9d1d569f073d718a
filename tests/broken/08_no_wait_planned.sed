# chapters/08_layer_splitting/actions.cpp 08_layer_splitting_schedules_test Schedules.AllHold
s|if (next >= 0) actions.push_back({Do::wait_for_send, step});|if (next < 0) actions.push_back({Do::wait_for_send, step});|
