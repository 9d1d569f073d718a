# chapters/07_sharded_optimizer/memory.gp common_pictures_test Committed.OfMemory
s/(MB\*(\$3+\$4+\$5+\$6))/(MB*($3+$4+$6))/
