# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_test EveryRule.*
s|^  \(for (size_t u = 0; u < units && options_.level > 0.*\)|  const std::shared_ptr<void> at_the_end(nullptr, [\&](void*) { \1 });|
