# chapters/08_layer_splitting/check.cpp 08_layer_splitting_schedules_test Checker.RejectsHalves*
s/if (step.pass == schedule.last_pass()) kept.erase(occupant);/if (step.pass == Pass::backward) kept.erase(occupant);/
