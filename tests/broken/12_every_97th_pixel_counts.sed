# chapters/12_restart/checkpoint_header.cpp 12_restart_checkpoint_test Damage.OfData*
s/for (uint8_t pixel : d.pixels) hash/for (size_t pixel = 0; pixel < d.pixels.size(); pixel += 97) hash/
