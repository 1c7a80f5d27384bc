-- Makes docs/lua_reference.md of the types of the Lua module.
--
-- usage: lua5.4 tools/lua_reference.lua lua/daybook/library/daybook.lua > docs/lua_reference.md
--
-- It reads that file and no other LuaCATS: blocks of --- lines, each before a `local NAME = {}` or a `function … end`,
-- types parted from what is said about them by two spaces. It is strict: a function without a description, without the
-- paragraph that begins with "Raises", without an example, or whose parameters are others than its @params, is an error
-- with the line. Without an argument it gives its functions parse and page, for the test.

local reference = {}

-- The type at the beginning of a text, and the rest. Spaces in brackets, and behind a colon or a comma, belong to the type.
local function split_type(text)
  local depth = 0
  for i = 1, #text do
    local c = text:sub(i, i)
    if c:find "[<({%[]" then
      depth = depth + 1
    elseif c:find "[>)}%]]" then
      depth = depth - 1
    elseif c == " " and depth == 0 and not text:sub(i - 1, i - 1):find "[:,]" then
      return text:sub(1, i - 1), text:sub(i)
    end
  end
  return text, ""
end

-- NAME, NAME? or [KEY]; a type; two spaces; what is said about it.
local function named(text)
  local name, rest = text:match "^(%b[]) (.*)$"
  if not name then name, rest = text:match "^(%S+) (.*)$" end
  if not name then return nil end
  local kind, about = split_type(rest)
  local bare, optional = name:match "^(.-)(%??)$"
  return { name = bare, optional = optional == "?", type = kind, about = about:match "^  (.*)$" or "" }, about
end

local function returned(text)
  local kind, rest = split_type(text)
  local name, about = rest:match "^ (%S+)(.*)$"
  if not name then name, about = "", rest end
  return { type = kind, name = name, about = about:match "^  (.*)$" or "" }
end

-- The examples out of a description: its text without them, and a list of them.
local function take_examples(lines)
  local text, examples, inside = {}, {}, nil
  for _, line in ipairs(lines) do
    if line == "```lua" then
      inside = {}
    elseif line == "```" and inside then
      examples[#examples + 1] = table.concat(inside, "\n") .. "\n"
      inside = nil
    else
      local into = inside or text
      into[#into + 1] = line
    end
  end
  return table.concat(text, "\n"):gsub("%s+$", ""), examples, inside ~= nil
end

local function new_block()
  return { lines = {}, fields = {}, params = {}, returns = {}, overloads = {} }
end

local tags = {
  class = function(block, text) block.class, block.parent = text:match "^([%w_.]+):? ?([%w_.]*)$" return block.class end,
  field = function(block, text) local f = named(text) block.fields[#block.fields + 1] = f return f end,
  param = function(block, text)
    if not text:find " " then return nil end
    local p = named(text)
    block.params[#block.params + 1] = p
    return p
  end,
  ["return"] = function(block, text) block.returns[#block.returns + 1] = returned(text) return true end,
  overload = function(block, text) block.overloads[#block.overloads + 1] = text return true end,
}
-- For editors only; the description says it in words.
for _, tag in ipairs{ "meta", "generic", "operator" } do tags[tag] = function() return true end end

-- The classes of a types file, in its order: {name, parent, text, fields, functions}.
function reference.parse(text)
  local classes, by_variable, block, number = {}, {}, new_block(), 0
  local function fail(what) error(("line %d: %s"):format(number, what), 0) end

  local function finish_class(variable)
    local about = take_examples(block.lines)
    local class = { name = block.class, parent = block.parent, text = about, fields = block.fields, functions = {} }
    classes[#classes + 1] = class
    if variable then by_variable[variable] = class end
    block = new_block()
  end

  local function finish_function(variable, separator, name, arguments)
    local class = by_variable[variable] or fail(variable .. " is no class's variable")
    local full = variable .. separator .. name
    local about, examples, open = take_examples(block.lines)
    if open then fail(full .. " has an example without an end") end
    if about == "" then fail(full .. " has no description") end
    if not ("\n" .. about):find "\nRaises " then
      fail(full .. " does not say what it raises: a paragraph that begins with Raises")
    end
    if #examples == 0 then fail(full .. " has no example") end
    local names = {}
    for _, p in ipairs(block.params) do names[#names + 1] = p.name end
    if table.concat(names, ", ") ~= arguments then fail(full .. " has other parameters than its @params") end
    class.functions[#class.functions + 1] = { name = name, full = full, text = about, examples = examples,
      params = block.params, returns = block.returns, overloads = block.overloads }
    block = new_block()
  end

  for line in (text .. "\n\n"):gmatch "(.-)\r?\n" do
    number = number + 1
    local tag, rest = line:match "^%-%-%-@(%w+) ?(.*)$"
    local said = line:match "^%-%-%-(.*)$"
    local variable, separator, name, arguments = line:match "^function ([%w_]+)([.:])([%w_]+)%((.-)%) end$"
    if tag then
      local read = tags[tag] or fail("the tag @" .. tag .. " is not known here")
      if not read(block, rest) then fail("this cannot be read: " .. line) end
    elseif said then
      block.lines[#block.lines + 1] = said
    elseif variable then
      finish_function(variable, separator, name, arguments)
    elseif line:find "^local [%w_]+ = {}$" then
      if not block.class then fail "a table without a @class" end
      finish_class(line:match "^local ([%w_]+)")
    elseif line == "" then
      if block.class then finish_class(nil) end
      if #block.lines > 0 or #block.params > 0 then fail "a description of nothing" end
    elseif not line:find "^%-%-" and not line:find "^return " then
      fail("this cannot be read: " .. line)
    end
  end
  return classes
end

local function code(text) return "`" .. text:gsub("|", "\\|") .. "`" end

local function add_table(out, heading, rows)
  if #rows == 0 then return end
  out[#out + 1] = ("\n| %s | type | |\n|---|---|---|"):format(heading)
  for _, row in ipairs(rows) do
    local name = row.name == "" and "" or code(row.name .. (row.optional and "?" or ""))
    out[#out + 1] = ("| %s | %s | %s |"):format(name, code(row.type), row.about)
  end
end

local function add_function(out, f)
  local names = {}
  for _, p in ipairs(f.params) do names[#names + 1] = p.name end
  out[#out + 1] = ("\n### %s(%s)\n\n%s"):format(f.full, table.concat(names, ", "), f.text)
  add_table(out, "parameter", f.params)
  add_table(out, "result", f.returns)
  for _, overload in ipairs(f.overloads) do out[#out + 1] = "\nAlso `" .. overload .. "`." end
  for _, example in ipairs(f.examples) do out[#out + 1] = "\n```lua\n" .. example .. "```" end
end

-- The page, in Markdown.
function reference.page(classes)
  local out = {}
  out[1] = [[
# Lua reference

<!-- Made by tools/lua_reference.lua of lua/daybook/library/daybook.lua: change that, and run it again. -->

Every function, with an example that a test runs in a database with the organizations acme and globex and the table invoices:
behind `-->` is what it prints. How things belong together is in [lua.md](lua.md). `name?` may be absent.
Editors with LuaCATS read the same from the installed file `daybook/library/daybook.lua`.
]]
  for _, class in ipairs(classes) do
    out[#out + 1] = ("- [%s](#%s)"):format(class.name, class.name:gsub("%.", ""))
  end
  for _, class in ipairs(classes) do
    out[#out + 1] = "\n## " .. class.name
    if class.text ~= "" then out[#out + 1] = "\n" .. class.text end
    if class.parent ~= "" then
      out[#out + 1] = ("\nAll of [%s](#%s), and:"):format(class.parent, class.parent:gsub("%.", ""))
    end
    add_table(out, "field", class.fields)
    for _, f in ipairs(class.functions) do add_function(out, f) end
  end
  return table.concat(out, "\n") .. "\n"
end

local path = ...
if not path then return reference end
local file = assert(io.open(path))
local text = file:read "a"
file:close()
local ok, classes = pcall(reference.parse, text)
if not ok then
  io.stderr:write(path, ": ", classes, "\n")
  os.exit(1)
end
io.write(reference.page(classes))
