# chapters/07_sharded_optimizer/zero_in_sixteen_bits.cpp 11_fewer_bits_masters_test Masters.StepAs*
s/^    options_.format->widen(begun ? next.data() : view, rounded_operand(r, u), n);/    if (r == rank_) std::copy_n(unit_gradients(u) + (part(u).first - unit.first), n, begun ? next.data() : view); else options_.format->widen(begun ? next.data() : view, rounded_operand(r, u), n);/
