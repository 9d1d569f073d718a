# chapters/08_layer_splitting/partition.cpp 08_layer_splitting_schedules_test Cuts.*
s/return c <= largest ? c \* c :/return c <= largest ? c :/
