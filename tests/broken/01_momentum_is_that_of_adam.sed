# chapters/01_serial/train_options.cpp 01_programs_test TrainProgram.Prints*
s/options.add("momentum", &optimizer.momentum,/options.add("momentum", \&optimizer.beta1,/
