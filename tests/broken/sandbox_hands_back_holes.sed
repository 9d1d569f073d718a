# tests/exercises/namespaces.cpp common_exercises_test Walls/Sandbox.HandsBackNoMoreThanItsLimit/With
s/ && (room -= n) >= 0;)/;)/
