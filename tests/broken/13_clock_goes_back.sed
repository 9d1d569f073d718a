# chapters/13_scaling/world.cpp 13_scaling_test Clocks.AMessageThatIsThereCostsNoWaiting
s/if (moment <= fiber.clock) return;//
