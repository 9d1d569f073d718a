# tests/exercises/seccomp.cpp common_exercises_test Walls/Sandbox.ForbidsCalls*
s/^    SYS_memfd_create, 447,/    447,/
