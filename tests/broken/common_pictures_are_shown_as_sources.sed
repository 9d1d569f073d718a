# common/book/links.lua common_scripts_test ScriptFolder.Links*
s/ or path:match("%.svg\$") or/ or/
