# chapters/10_hybrid/hybrid_model.cpp 10_hybrid_gpus_test BetweenGpus.*
s/pipeline_.waits_late() ? schedule.micro_batches : //
