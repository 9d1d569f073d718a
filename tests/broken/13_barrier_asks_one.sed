# chapters/13_scaling/simulated_collectives.cpp 13_scaling_collectives_test Collectives.WaitForTheLast*
s/d < p.ranks; d \*= 2) p.exchange((p.rank + d) /d < 2; d *= 2) p.exchange((p.rank + d) /
