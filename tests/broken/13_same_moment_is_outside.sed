# chapters/13_scaling/world.h 13_scaling_engine_test RandomPrograms.*
s/inside_until >= now_;/inside_until > now_;/
