# chapters/07_sharded_optimizer/zero_in_sixteen_bits.cpp 11_fewer_bits_masters_test Masters.StepAs*
s/^  options_.format->narrow(mine, device_.host_view(masters, own.size()), own.size());/&\n  options_.format->widen(device_.host_view(masters, own.size()), mine, own.size()), device_.begin_copy_in(masters, own.size()), device_.end_copy_in(masters, own.size());/
