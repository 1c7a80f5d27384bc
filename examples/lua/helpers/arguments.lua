-- The command line of a workflow: options by name, the others by position.
--
--   local given = arguments.read("usage: …", 1, { window = times.duration, log = arguments.flag })
--   given[1], given.window, given.log
--
-- An option's reader makes a value of its text, or returns nil and what is wrong. Whatever is not understood ends
-- the script with status 2, before anything was read or written.

local arguments = {}

--- For an option without a value.
arguments.flag = {}

--- A whole number of at least one.
function arguments.count(text)
  return math.tointeger(tonumber(text:match("^[1-9]%d?%d?%d?%d?%d?$"))), "write a whole number from 1 to 999999"
end

--- Names with commas between them.
function arguments.list(text)
  local names = {}
  for name in text:gmatch("[^,]+") do
    names[#names + 1] = name
  end
  -- As a filter, an empty list would mean everything.
  return #names > 0 and names or nil, "write NAME,NAME,…"
end

--- Says what is wrong and how it is written, and ends the script.
function arguments.refuse(problem, usage)
  io.stderr:write(problem, "\n", usage, "\n")
  os.exit(2)
end

function arguments.read(usage, positions, readers)
  local given, i = {}, 1
  while arg[i] do
    local name = arg[i]:match("^%-%-(.+)$")
    local reader = name and readers[name]
    if not name then
      given[#given + 1] = arg[i]
    elseif not reader then
      arguments.refuse("unknown option --" .. name, usage)
    elseif reader == arguments.flag then
      given[name] = true
    else
      i = i + 1
      local value, problem = reader(arg[i] or "")
      if value == nil then
        arguments.refuse(("--%s %s: %s"):format(name, arg[i] or "", problem), usage)
      end
      given[name] = value
    end
    i = i + 1
  end
  if #given ~= positions then
    arguments.refuse(("%d arguments without a name, expected %d"):format(#given, positions), usage)
  end
  return given
end

return arguments
