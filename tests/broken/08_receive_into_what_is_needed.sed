# chapters/08_layer_splitting/walk.cpp 08_layer_splitting_walk_test Walk.FindsAReceiveThatIsPostedTooEarly
s/in_slot_.insert({buffer_of(step), step}); !free)/in_slot_.insert({key_of(step), step}); !free)/
