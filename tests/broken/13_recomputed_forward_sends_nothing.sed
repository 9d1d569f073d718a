# chapters/13_scaling/published_steps.cpp 13_scaling_published_test PublishedSteps.*
s/6e3 \* t.layers/4e3 * t.layers/
