# chapters/07_sharded_optimizer/bench.cpp 07_sharded_optimizer_measuring_test Bench.LetsEach*
s|^  for (auto& candidate : candidates) candidate->run.epoch();.*||
