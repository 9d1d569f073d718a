# chapters/01_serial/train_report.cpp 01_programs_test TrainProgram.PrintsWhatAPlainLoopComputes
s/^  epoch_samples_ = 0;$//
