# chapters/01_serial/optimizer.cpp 01_programs_test TrainProgram.Prints*
s/rate, float(options_.momentum), n_/rate, float(options_.beta1), n_/
