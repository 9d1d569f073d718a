# chapters/11_scaling/world.cpp 11_scaling_test Clocks.AMessageThatIsThereCostsNoWaiting
s/if (moment <= fiber.clock) return;//
