# chapters/13_scaling/scaling_options.h 13_scaling_programs_test Step.*
s/c.fifo_ports |= fifo_ports;/c.fifo_ports = fifo_ports;/
