# chapters/08_layer_splitting/actions.cpp 08_layer_splitting_schedules_test Messages.*
s|return step.micro_batch % window \* kinds + |return |
