# chapters/03_fast_kernels/peers_on_gpu.py 03_fast_kernels_report_test PeersOnGpu.*
s/    if not found:/    if found:/
