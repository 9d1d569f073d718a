# chapters/11_fewer_bits/gpu_conversions.cu 11_fewer_bits_between_gpus_test WordsBetweenGpus.AreAdded*
s/ all += To::widen(x\[size_t(k) \* step + i\]);/ all = To::widen(To::narrow(all + To::widen(x[size_t(k) * step + i])));/
