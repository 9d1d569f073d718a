# chapters/01_serial/peers.py 01_programs_test Peers.*
s/x\.T @ p, p\.sum(0)/x.T @ p, p.mean(0)/
