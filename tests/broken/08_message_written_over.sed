# chapters/08_layer_splitting/walk.cpp 08_layer_splitting_walk_test Walk.FindsAMessageThatIsOverwritten
s/if (last_sent_.contains(buffer_of(step))) return/if (last_sent_.contains(key_of(source_of(step)))) return/
