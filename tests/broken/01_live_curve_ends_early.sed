# chapters/01_serial/live.js 01_serial_live_test LiveTraining.HasTheBitsOfTheUnfusedNativeOne
s|x_of(i + 1).toFixed|x_of(i).toFixed|
