# chapters/13_scaling/messages.cpp 13_scaling_engine_test ALongMessage.BeginsWhen*
s/m.receiver_knows = m.receiver_knows || w.is_inside(m.to);/m.receiver_knows = true;/
