# chapters/01_serial/live.js 01_serial_live_test PaintedDigit.IsWhat*
s/!(event\.buttons & 1) || x < 0/!event.buttons || x < 0/
