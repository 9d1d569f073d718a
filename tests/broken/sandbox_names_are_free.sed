# tests/exercises/namespaces.cpp common_exercises_test Walls/Sandbox.LimitsTheNumberOfFiles/With
s/ + ",nr_inodes=" + std::to_string(most_files)//
