# chapters/08_layer_splitting/walk.cpp 08_layer_splitting_walk_test Walk.FindsAReceiveThatNobodyPosts
s/      if (action.other != schedule_.stage_of(step.chunk)) return stop(.*//
