# common/cluster/delay_switch.cpp common_delay_switch_test DelaySwitch.SendsAFrame*
s/^      seen_at_\[from\] = port;/      seen_at_.try_emplace(from, port);/
