# chapters/07_sharded_optimizer/train.cpp 07_programs_test TrainProgram.TellsTheMemory*
s/, .keep_every = int(z.recompute)//
