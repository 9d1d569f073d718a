# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_meanwhile_test Meanwhile.TheNextWeightsArrive
s|g.word_messages.between.progress(), g.word_messages|g.word_messages|
