# chapters/01_serial/train_report.cpp 01_serial_test TrainReport.*
s/^  timer_.restart();  \/\/ evaluation.*$//
