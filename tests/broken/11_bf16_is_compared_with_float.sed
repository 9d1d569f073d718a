# chapters/01_serial/peers.py 11_fewer_bits_scripts_test ScriptsOfChapter11.Peers*
s/for n, c in (("this course", 1), /for n, c in (("this course in float", 1), /
