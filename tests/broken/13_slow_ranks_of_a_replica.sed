# chapters/13_scaling/step_time.cpp 13_scaling_step_test Training.OneRankOfAGrid*
s/if (rank_at(grid.place, shape) == options.slow_rank)/if (grid.place.data == options.slow_rank)/
