# chapters/06_data_parallel/replicas.cpp 06_data_parallel_test Replicas.WhoIsRight*
s/2 \* equal_to(usual) > std::ssize(copies)/2 * equal_to(usual) >= std::ssize(copies)/
