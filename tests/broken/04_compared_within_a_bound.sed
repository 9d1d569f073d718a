# chapters/04_point_to_point/train.cpp 04_point_to_point_test TrainProgram.Asks*
s/report.train_seconds(), Agreement::same_bits, 0,/report.train_seconds(), Agreement::bounded, 1,/
