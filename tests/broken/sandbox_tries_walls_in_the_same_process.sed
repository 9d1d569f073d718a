# tests/exercises/sandbox.cpp common_exercises_test SandboxInSomeContainers.*
s/^      const pid_t child = fork();/      const pid_t child = 1; status = attempt(request, output) << 8;/
