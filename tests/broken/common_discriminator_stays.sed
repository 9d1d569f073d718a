# common/addr2line.h common_scripts_test Scripts.Addr2line*
s/line.substr(0, line.find(" (discriminator"))/line/
