# chapters/13_scaling/world.cpp 13_scaling_test Mistakes.AnErrorOfOneRankEndsAll
s/while (!fibers_\[size_t(r)\].done) resume(r);/(void)r;/
