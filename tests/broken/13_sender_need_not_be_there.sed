# chapters/13_scaling/messages.cpp 13_scaling_engine_test ALongMessage.BeginsWhen*
s/ \&\& !w.is_inside(m.from)/ \&\& false/
