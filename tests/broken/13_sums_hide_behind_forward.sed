# chapters/13_scaling/published_steps.cpp 13_scaling_published_test PublishedSteps.*
s/std::max(0.0, sum - 2 \* computes \/ 3)/std::max(0.0, sum - computes)/
