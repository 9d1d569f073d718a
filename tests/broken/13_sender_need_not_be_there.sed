# chapters/13_scaling/messages.cpp 13_scaling_engine_test ALongMessage.BeginsWhen*
s/^    if (!w.is_inside(m.from)) return.*//
