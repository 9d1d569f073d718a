# chapters/01_serial/live_training.cpp 01_serial_live_test LiveTraining.HasTheBitsOfTheUnfusedNativeOne
s|uint32_t(step / in_epoch)|0|
