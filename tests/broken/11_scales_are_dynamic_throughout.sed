# chapters/11_fewer_bits/scales.sh 11_fewer_bits_scripts_test ScriptsOfChapter11.ScalesAreTriedOneByOne
s/ \${4:-} | awk / --dynamic | awk /
