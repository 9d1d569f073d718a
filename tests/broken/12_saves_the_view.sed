# chapters/12_restart/gather.cpp 12_restart_test Restart.OnALateDevice*
s/device.copy_out(parcel.content.data() + parcel.content.size() - s.count, s.memory, s.count);/std::copy_n(device.host_view(s.memory, s.count), s.count, parcel.content.end() - ptrdiff_t(s.count));/
