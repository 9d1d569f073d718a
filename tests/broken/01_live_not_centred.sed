# chapters/01_serial/live.cpp 01_serial_live_test LiveTraining.APaintedDigitIsMovedToTheMiddle
s|lround(side / 2 - y / sum)|lround(side / 2 - x / sum)|
