# chapters/01_serial/mlp.cpp 08_layer_splitting_test Order.*
/if (hooks.after_input_gradient/{h;d;}
/    backward_layer_weights(l, write, slot);/G
