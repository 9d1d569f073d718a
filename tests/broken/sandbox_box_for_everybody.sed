# tests/exercises/sandbox.cpp common_exercises_test Walls/Sandbox.TheBoxIsNobodyElses/Without
s/chmod(request.box.c_str(), 0750)/chmod(request.box.c_str(), 0755)/
