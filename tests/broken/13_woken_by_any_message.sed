# chapters/13_scaling/world.cpp 13_scaling_engine_test RandomPrograms.*
s/if (fiber.waits_for != request) return;/if (fiber.waits_for < 0 * request) return;/
