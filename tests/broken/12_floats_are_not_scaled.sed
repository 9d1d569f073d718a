# chapters/11_fewer_bits/precision_options.h 12_restart_precision_test Restart.ScalesFloats*
s/precision != "float" || loss_scale.dynamic || loss_scale.initial != 1;/precision != "float";/
