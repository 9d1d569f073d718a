# chapters/01_serial/mlp.h 01_serial_test Mlp.Slots*
s|return slots_\[size_t(slot)\].activations\[size_t(l)\]; }|return slots_[0 * size_t(slot)].activations[size_t(l)]; }|
