# chapters/08_layer_splitting/actions.cpp 08_layer_splitting_schedules_test Schedules.AllHold
s/to_post\[slot_is_free_after(schedule, steps, i)\]/to_post[0]/
