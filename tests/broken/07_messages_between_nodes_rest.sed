# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_meanwhile_test Meanwhile.TheNextWeightsArrive
s|g.messages.between.progress(), g.messages.inside.progress();|g.messages.inside.progress();|
