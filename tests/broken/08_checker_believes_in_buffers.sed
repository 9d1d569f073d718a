# chapters/08_layer_splitting/walk.cpp 08_layer_splitting_schedules_test Checker.*
s|return last == last_sent_.end() ? 0 : find(posted_, last->second);|return 0;|
