-- Makes a text's links those of a page of the book: to other texts, to the sources of a folder, to copies of other files.
-- A file that a text names in `code` becomes a link, too. What a `run:` marker pasted is headed by the command.
local text = os.getenv("BOOK_TEXT")
local folder = text:match("^(.*)/[^/]*$") or "."

local function exists(path)
  local file = io.open(path)
  if not file then return false end
  local readable = file:read(0) ~= nil or file:seek("end") == 0 -- a folder can be opened, but not read
  file:close()
  return readable
end

-- "chapters/06_data_parallel/../05_collectives/README.md" without dots
local function plain(path)
  local parts = {}
  for part in path:gmatch("[^/]+") do
    if part == ".." then table.remove(parts) elseif part ~= "." then table.insert(parts, part) end
  end
  return table.concat(parts, "/")
end

-- The address in the book of a file of the repository.
local function address(path)
  if path == "README.md" then return "index.html" end
  local name = path:match("([^/]+)/README%.md$") or path:match("^chapters/(glossary)%.md$")
  if name then return name .. ".html" end
  local home, rest = path:match("^chapters/([^/]+)/(.+)$")
  if not home then home, rest = path:match("^common/([^/]+)/(.+)$") end
  local shown = not (path:match("%.md$") or path:match("%.svg$") or path:match("%.csv$")) -- as page.sh --files chooses
  if home and home ~= "data" and shown and exists(path:sub(1, #path - #rest) .. "README.md") then
    return home .. "_files.html#" .. rest
  end
  local deck = path:match("^slides/(%d%d_[%w_]+)%.md$")
  if deck then return "../slides/" .. deck .. ".html" end
  local copy = "files/" .. path .. ".txt" -- so that a browser shows it, whatever it is
  os.execute("mkdir -p 'build/book/" .. copy:match("^(.*)/") .. "' && cp '" .. path .. "' 'build/book/" .. copy .. "'")
  return copy
end

function Link(link)
  if link.target:match("^%a+:") or link.target:match("^#") then return nil end
  local path, fragment = link.target:match("^([^#]*)(#?.*)$")
  path = plain(folder .. "/" .. path)
  if not exists(path) and path:match("^chapters/%d%d_[%w_]+/README%.md$") then -- a hand-out has only some chapters
    io.stderr:write(text, ": no link to ", path, ", which is not here\n")
    return pandoc.Span(link.content)
  end
  if not exists(path) then error(text .. ": a link to " .. link.target .. ", which does not exist") end
  link.target = address(path) .. fragment
  return link
end

-- In whose place the live figure stands where it runs.
function Image(image)
  if image.src == "figures/live.svg" then image.identifier = "live-picture" end
  return image
end

local files_page = false
function Meta(meta) files_page = meta["files-page"] ~= nil end

function Code(code)
  if files_page or not code.text:match("^[%w_./]+%.[%a*]+$") then return nil end
  local name = code.text:gsub("%.%*$", ".h") -- name.*: its header
  for _, path in ipairs({plain(folder .. "/" .. name), plain(name)}) do
    if exists(path) then return pandoc.Link({code}, address(path)) end
  end
end

function RawBlock(raw)
  local command = raw.text:match("^<!%-%- run: (.*) %-%->%s*$") or raw.text:match("^<!%-%- check: (.*) %-%->%s*$")
  if command then return pandoc.Div({pandoc.CodeBlock("$ " .. command)}, {class = "command"}) end
  return nil
end

-- No link inside a link: `code` in one became another.
local function without_inner_links(link)
  link.content = link.content:walk({Link = function(inner) return inner.content end})
  return link
end

return {{Meta = Meta}, {Link = Link, Image = Image}, {RawBlock = RawBlock, Code = Code}, {Link = without_inner_links}}
