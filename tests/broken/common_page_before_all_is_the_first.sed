# common/book/page.sh common_scripts_test Scripts.TheBook*
s/^    before=\$one$/    before=${before:-$one}/
