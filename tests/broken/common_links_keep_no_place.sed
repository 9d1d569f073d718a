# common/book/links.lua common_scripts_test ScriptFolder.Links*
s/local path, fragment = link.target:match("^(\[^#\]\*)(#?\.\*)\$")/local path, fragment = link.target:match("^([^#]*)"), ""/
