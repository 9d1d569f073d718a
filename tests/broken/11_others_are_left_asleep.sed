# chapters/11_scaling/world.cpp 11_scaling_test Mistakes.AnErrorOfOneRankEndsAll
s/while (!fibers_\[size_t(r)\].done) resume(r);/(void)r;/
