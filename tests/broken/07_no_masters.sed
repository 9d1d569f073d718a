# chapters/07_sharded_optimizer/footprint.cpp 07_sharded_optimizer_footprint_test Footprint.OfSixteenBits
s|masters = bytes < 4 ? 1 : 0|masters = 0|
