# common/book/links.lua common_scripts_test ScriptFolder.Links*
s/, {Link = without_inner_links}}/}/
