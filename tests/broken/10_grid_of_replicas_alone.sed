# chapters/10_hybrid/grid.cpp 10_hybrid_test Grid.AWrongProduct*
s/is a grid of " + std::to_string(shape.ranks())/is a grid of " + std::to_string(shape.data)/
