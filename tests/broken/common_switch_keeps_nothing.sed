# common/cluster/delay_switch.cpp common_delay_switch_test DelaySwitch.KeepsAFrame*
s/Clock::now() + delay_, {frame/Clock::now(), {frame/
