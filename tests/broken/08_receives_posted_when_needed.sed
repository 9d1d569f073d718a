# chapters/08_layer_splitting/actions.cpp 08_layer_splitting_test Order.*
s/to_post\[slot_is_free_after(schedule, steps, i)\]/to_post[i]/
