# chapters/13_scaling/world.cpp 13_scaling_test Clocks.AReceiverWaits*
s/^  fiber.time.waiting += at - .*//
