# chapters/13_scaling/published_steps.cpp 13_scaling_published_test PublishedSteps.*
s/(Megatron-LM); ms/(Megatron-LM); s/
