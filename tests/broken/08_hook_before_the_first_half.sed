# chapters/08_layer_splitting/pipeline.cpp 08_layer_splitting_test Pipeline.Halves*:Pipeline.Hooks*
s/if (weights \&\& hooks.before_backward) write/if (inputs \&\& hooks.before_backward) write/
