# chapters/09_tensor_parallel/plot.sh common_pictures_test Committed.ADisturbed*
s/\\$13 != 1/\\$12 != 1/
