# chapters/13_scaling/world.cpp 13_scaling_corners_test Stacks.*
s/^    if (fiber.stack) munmap(fiber.stack, page + stack_bytes);$/    fiber.stack = nullptr;/
