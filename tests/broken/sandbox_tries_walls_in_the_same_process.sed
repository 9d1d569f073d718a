# tests/exercises/sandbox.cpp common_exercises_test SandboxInSomeContainers.*
s/ || !attempt_walls(request, output, ending, why))$/ || !run_behind_walls(request, output, ending, why))/
