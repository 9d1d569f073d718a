# chapters/08_layer_splitting/actions.cpp 08_layer_splitting_schedules_test Messages.*
s|(step.pass == Pass::forward ? 0 : 1);|0;|
