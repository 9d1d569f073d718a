# tests/exercises/sandbox.cpp common_exercises_test Walls/Sandbox.TheKernelCountsWhatHasNoName/*
s/^  if (request.group && !request.group->enter()) _exit(126);$//
