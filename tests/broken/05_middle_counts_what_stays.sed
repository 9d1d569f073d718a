# chapters/05_collectives/steps.cpp 05_programs_test StepsProgram.*
s/      if (call.to >= middle) floats/      if (call.to >= 0) floats/
