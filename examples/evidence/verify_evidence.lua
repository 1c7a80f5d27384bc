-- Verifies what Daybook sealed, as docs/seal_format.md says, with nothing of Daybook's but the two files beside this one.
--
-- usage: lua5.4 verify_evidence.lua FOLDER|PROOF.tlog-proof KEY.pub
-- Ends with 0 if all is well, 3 if something was found, 1 if it could not look, 2 for wrong usage.

package.path = arg[0]:gsub("[^/]*$", "") .. "?.lua;" .. package.path
local ed25519, sha2 = require "ed25519", require "sha2"

-- ---------------------------------------------------------------- texts, keys, checkpoints
local function stop(status, ...) error({ status = status, text = string.format(...) }, 0) end
local function found(verdict, ...) stop(3, "%s: %s", verdict, string.format(...)) end

local six_bits = {}
for i = 0, 63 do six_bits[("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"):byte(i + 1)] = i end

local function from_base64(text)  -- nil for any but the one spelling
  local digits, strict = text:match("^([%w+/]*)=?=?$"), #text % 4 == 0
  local bytes = strict and digits and digits:gsub("..?.?.?", function(four)
    local n = 0
    for i = 1, 4 do n = n << 6 | (six_bits[four:byte(i)] or 0) end
    local three, last = (">I3"):pack(n), #four - 1
    strict = strict and last > 0 and three:sub(last + 1) == ("\0"):rep(3 - last)
    return three:sub(1, last)
  end)
  return strict and bytes or nil
end


local function integer(text)  -- nil for any but the one spelling
  local n = math.tointeger(tonumber(text or nil))
  return n and tostring(n) == text and n or nil
end

local function opened(path) return (io.open(path, "rb") or stop(1, "%s cannot be read", path)) end

local function read_keys(path)
  local keys = {}
  for line in opened(path):lines() do
    if line ~= "" and line:sub(1, 1) ~= "#" then
      local name, id, base64, times_of = line:match("^([^%s+]+)%+(%x%x%x%x%x%x%x%x)%+(%S+)(.*)$")
      local bytes = from_base64(base64 or "?") or ""
      local key = { name = name, id = name and sha2.sha256(name .. "\n" .. bytes):sub(1, 4), bytes = bytes:sub(2) }
      if #bytes ~= 33 or bytes:byte() ~= 1 or (">I4"):unpack(key.id) ~= tonumber(id, 16) then
        stop(1, "%s: this is no key: %s", path, line)
      end
      while times_of ~= "" do
        local word, second, fraction, zone, rest = times_of:match("^ (%l+) ([%d-]+T[%d:]+)%.?(%d*)(%S*)(.*)$")
        if zone ~= "Z" or word ~= "from" and word ~= "until" then stop(1, "%s: from and until, and times that end in Z: %s", path, line) end
        times_of = rest
        key[word] = second .. "." .. (fraction .. "000000"):sub(1, 6) .. "Z"  -- as in checkpoints: compares like the time
      end
      keys[#keys + 1] = key
    end
  end
  return keys
end

local function read_checkpoint(note, keys, organization)
  local text, signatures = note:match("^(.-\n)\n(.*\n)$")
  local id, size, root, previous, time =
    (text or ""):match("^daybook/([%x-]+)\n([1-9]%d*)\n(%S+)\nprevious (%d+)\ntime (%d+%-%d+%-%d+T%d+:%d+:%d+%.%d+Z)\n$")
  local c = { organization = id, size = integer(size), previous = integer(previous), time = time }
  c.root = from_base64(root or "")
  if not c.size or not c.previous or c.previous >= c.size or #time ~= 27 or #(c.root or "") ~= 32 then
    found("checkpoint_damaged", "this is no checkpoint:\n%s", note)
  elseif organization and id ~= organization then
    found("checkpoint_foreign", "the checkpoint of size %d is of organization %s", size, id)
  end
  local verdict = "unknown_key"
  for line in signatures:gmatch("([^\n]*)\n") do
    local name, base64 = line:match("^\u{2014} ([^%s+]+) (%S+)$")
    local bytes = from_base64(base64 or "?") or found("checkpoint_damaged", "this is no signature: %s", line)
    for _, key in ipairs(keys) do
      if key.name == name and key.id == bytes:sub(1, 4) then
        if #bytes ~= 68 or not ed25519.is_signed_by(key.bytes, text, bytes:sub(5)) then
          found("bad_signature", "the signature of the checkpoint of size %d does not hold", size)
        end
        local is_valid = (not key.from or key.from <= time) and (not key["until"] or time < key["until"])
        verdict = (is_valid or verdict == "believed") and "believed" or "key_not_valid_then"
      end
    end
  end
  if verdict ~= "believed" then found(verdict, "the checkpoint of size %d, of %s, has no believed signature", size, time) end
  return c
end

-- ---------------------------------------------------------------- trees
local function node(left, right) return sha2.sha256("\1" .. left .. right) end

local function check_owner(line, organization, index)
  local start = '{"format":"daybook-event-1","organization_id":"' .. organization .. '","id":"'
  if line:sub(1, #start) ~= start then found("leaf_moved", "event %d is none of organization %s", index, organization) end
end

local function verify_proof(path, keys)
  local extra, index, path_up, note =
    (opened(path):read("a") or ""):match("^c2sp%.org/tlog%-proof@v1\nextra (%S+)\nindex (%d+)\n(.-)\n(daybook/.*)$")
  local line, first = from_base64(extra or "?"), integer(index)
  if not line or not first then stop(1, "%s is no proof", path) end
  local c = read_checkpoint(note, keys)
  check_owner(line, c.organization, first)
  local hash, last = sha2.sha256("\0" .. line), c.size - 1
  local at = first <= last and first or found("tree_changed", "index %d is beyond the checkpoint's size", first)
  for base64 in path_up:gmatch("([^\n]*)\n") do
    local beside = from_base64(base64) or found("evidence_damaged", "this is no hash: %s", base64)
    local is_right = at & 1 == 1 or at == last
    if last == 0 then found("tree_changed", "the proof is too long") end
    hash = is_right and node(beside, hash) or node(hash, beside)
    while is_right and at & 1 == 0 and at ~= 0 do at, last = at >> 1, last >> 1 end
    at, last = at >> 1, last >> 1
  end
  if last ~= 0 or hash ~= c.root then found("tree_changed", "event %d does not lead to the checkpoint's root", first) end
  print(("clean: event %d of %d, checkpoint of %s"):format(first, c.size, c.time))
end

local function check_digest(folder, name, manifest)
  local bytes, digest =
    manifest:match('"' .. name:gsub("%.", "%%.") .. '"%s*:%s*{%s*"bytes"%s*:%s*(%d+)%s*,%s*"sha256"%s*:%s*"(%x+)"%s*}')
  local file, hash = io.open(folder .. "/" .. name, "rb"), sha2.new256()
  for part in function() return file and file:read(65536) end do hash:update(part) end
  local is_whole = file and hash.length == integer(bytes)
  if not is_whole or hash:digest():gsub(".", function(c) return ("%02x"):format(c:byte()) end) ~= digest then
    found("evidence_damaged", "%s is missing, or not what manifest.json says", name)
  end
end

local function verify_folder(folder, keys)
  local manifest = opened(folder .. "/manifest.json"):read("a") or ""
  local organization = manifest:match('"organization"%s*:%s*{%s*"id"%s*:%s*"([%x-]+)"')
  if not organization or not manifest:find('"format"%s*:%s*"daybook%-evidence%-1"') then stop(1, "manifest.json is none") end
  for _, name in ipairs{ "events.ndjson", "tree.txt", "checkpoint", "checkpoints.txt", "keys.pub" } do
    check_digest(folder, name, manifest)
  end
  local events, tree = opened(folder .. "/events.ndjson"):lines("L"), opened(folder .. "/tree.txt"):lines("L")
  local final = read_checkpoint(opened(folder .. "/checkpoint"):read("a"), keys, organization)
  local note_lines = opened(folder .. "/checkpoints.txt"):lines("L")
  local function checkpoint_after(before)
    local note = ""
    for line in note_lines do
      if line == "\n" and note:find("\n\n", 1, true) then break end
      note = note .. line
    end
    local c = note ~= "" and read_checkpoint(note, keys, organization) or before ~= final and final or nil
    if c and before and c.previous ~= before.size then found("checkpoint_missing", "that of size %d", c.previous) end
    return c
  end

  local stack, position, used, checked, expected = {}, 0, 0, 0, checkpoint_after()
  if tree() ~= "daybook-tree-1\n" then found("evidence_damaged", "tree.txt is of an unknown format") end
  for line in tree do
    local word, level, hash = line:match("^(%l+) ?(%d*) (%S+)\n$")
    local top = { hash = from_base64(hash or "?") }
    top.level = integer(word == "event" and level == "" and "0" or word == "node" and level)
    if not top.level or top.level > 62 or #(top.hash or "") ~= 32 or position % (1 << top.level) ~= 0 then
      found("evidence_damaged", "tree.txt, at leaf %d: %s", position, line)
    elseif word == "event" then
      local event = events() or found("event_missing", "leaf %d is not in events.ndjson", position)
      if sha2.sha256("\0" .. event:sub(1, -2)) ~= top.hash or event:sub(-1) ~= "\n" then
        found("content_changed", "leaf %d is not what was sealed: %s", position, event)
      end
      check_owner(event, organization, position)
      used = used + 1
    end
    position = position + (1 << top.level)
    while stack[1] and stack[#stack].level == top.level do
      top = { level = top.level + 1, hash = node(table.remove(stack).hash, top.hash) }
    end
    stack[#stack + 1] = top
    if not expected then found("leaves_unsigned", "the tree goes on behind the checkpoint") end
    if position >= expected.size then
      local root = top.hash
      for i = #stack - 1, 1, -1 do root = node(stack[i].hash, root) end
      if position > expected.size or root ~= expected.root then
        found("tree_changed", "the tree does not give the root of the checkpoint of size %d", expected.size)
      end
      checked, expected = checked + 1, checkpoint_after(expected)
    end
  end
  if expected then found("leaves_missing", "the tree ends at leaf %d of %d", position, expected.size) end
  if events() then found("event_added", "events.ndjson has more events than tree.txt") end
  print(("clean: %d events of %d leaves, %d checkpoints, the last of %s"):format(used, position, checked, final.time))
end

-- ---------------------------------------------------------------- the command
local function main(what, key_file, more)
  if not key_file or more then stop(2, "usage: lua5.4 verify_evidence.lua FOLDER|PROOF.tlog-proof KEY.pub") end
  local verify = what:find("%.tlog%-proof$") and verify_proof or verify_folder
  verify(what, read_keys(key_file))
end

local is_clean, problem = pcall(main, table.unpack(arg))
if not is_clean then
  io.stderr:write(problem.text or problem, "\n")
  os.exit(problem.status or 1)
end
