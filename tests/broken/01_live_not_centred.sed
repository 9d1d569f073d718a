# chapters/01_serial/live_digit.cpp 01_serial_live_test PaintedDigit.IsMovedToTheMiddle
s|lround(side / 2 - y / ink)|lround(side / 2 - x / ink)|
