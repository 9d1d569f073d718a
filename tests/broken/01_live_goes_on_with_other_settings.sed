# chapters/01_serial/live.cpp 01_serial_live_test LiveTraining.HasTheBitsOfTheUnfusedNativeOne
s/settings_of_now != settings || //
