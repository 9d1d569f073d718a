# chapters/11_fewer_bits/fewer_bits_device.cpp 11_fewer_bits_instruction_test Device.GivesTheMemoryOfActivationsBack
s/  CpuDevice::free_bytes(pointer);/  (void)pointer;/
