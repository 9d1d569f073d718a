# chapters/13_scaling/messages.cpp 13_scaling_test Messages.ArriveWhole
s/else if (!is_long(m) && !is_ghost(data))$/else if (false)/
