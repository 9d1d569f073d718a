# chapters/10_hybrid/sharded_update.cpp 10_hybrid_test EveryGrid.Stays*
s/pipeline.hooks.gradients_complete = \[this\](int chunk)/pipeline.hooks.after_backward = [this](int chunk, int)/
