# chapters/01_serial/live.js 01_serial_live_test PaintedDigit.IsWhat*
s/Math\.max(painted\[i\], far < 1 ? 15 : far < 1\.7 ? 9 : 0)/far < 1 ? 15 : far < 1.7 ? 9 : 0/
