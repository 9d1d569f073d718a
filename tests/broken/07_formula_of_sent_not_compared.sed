# chapters/07_sharded_optimizer/memory.cpp 07_sharded_optimizer_measuring_test Memory.*
s|const int equal = quantities_of(found) == quantities_of(formula);|const int equal = std::equal(names, names + quantities - 1, names) \&\& found.parameters == formula.parameters \&\& found.gradients == formula.gradients \&\& found.optimizer == formula.optimizer \&\& found.exchange == formula.exchange;|
