# chapters/08_layer_splitting/actions.cpp 08_layer_splitting_test Order.*
s/return other.chunk == step.chunk \&\& /&other.micro_batch != step.micro_batch \&\& /
