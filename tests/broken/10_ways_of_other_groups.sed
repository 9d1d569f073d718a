# chapters/10_hybrid/hybrid_model.cpp 10_hybrid_gpus_test BetweenGpus.EveryGrid*
s/{"slices", grid_.shape.tensor}, {"stages", grid_.shape.pipeline}/{"slices", grid_.shape.pipeline}, {"stages", grid_.shape.tensor}/
