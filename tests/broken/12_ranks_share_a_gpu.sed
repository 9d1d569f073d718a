# Makefile 12_attempts_test Attempts.OfTheMainJob*
s/$(or $(filter-out 0,$(words $(gpus_here))),1)/$(cores)/
