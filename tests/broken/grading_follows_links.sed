# tests/exercises/collect.cpp common_grading_test Grading.FollowsNoLink
s/O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC/O_RDONLY | O_DIRECTORY | O_CLOEXEC/
