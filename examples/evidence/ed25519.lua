-- Ed25519 (RFC 8032) in plain Lua 5.4: verifying, which handles no secret and may take its time.
--
-- ed25519.is_signed_by(key, text, signature) -> boolean; `key` has 32 bytes, and `signature` 64.

local sha2 = require "sha2"

-- Numbers modulo p = 2^255 - 19: 16 limbs of 16 bits, the least first. A limb may be negative, or some bits too large.
local function number(n) local r = { n } for i = 2, 16 do r[i] = 0 end return r end
local function plus(a, b) local r = {} for i = 1, 16 do r[i] = a[i] + b[i] end return r end
local function minus(a, b) local r = {} for i = 1, 16 do r[i] = a[i] - b[i] end return r end

local function carry(r)
  for i = 1, 15 do r[i + 1], r[i] = r[i + 1] + r[i] // 65536, r[i] & 0xffff end
  r[1], r[16] = r[1] + 38 * (r[16] // 65536), r[16] & 0xffff  -- 2^256 is 38
  return r
end

local function times(a, b)
  local long, r = {}, {}
  for i = 2, 33 do long[i] = 0 end
  for i, x in ipairs(a) do
    for k = 1, 16 do long[i + k] = long[i + k] + x * b[k] end
  end
  for i = 1, 16 do r[i] = long[i + 1] + 38 * long[i + 17] end
  return carry(carry(r))
end

local function power(a, bits, zeros)  -- the exponent: so many bits, all 1 but those
  local r = a
  for bit = bits - 2, 0, -1 do
    r = times(r, r)
    if not zeros[bit] then r = times(r, a) end
  end
  return r
end

local limbs = "<" .. ("I2"):rep(16)
local function limbs_of(bytes) return table.move({ limbs:unpack(bytes) }, 1, 16, 1, {}) end
local prime = limbs_of("\xed" .. ("\xff"):rep(30) .. "\x7f")
local order = limbs_of("\xed\xd3\xf5\x5c\x1a\x63\x12\x58\xd6\x9c\xf7\xa2\xde\xf9\xde\x14" .. ("\0"):rep(15) .. "\x10")

local function below(r, modulus)  -- r or r - modulus, and whether it was below before
  local less, borrow = {}, 0
  for i = 1, 16 do
    local difference = r[i] - modulus[i] - borrow
    less[i], borrow = difference & 0xffff, difference < 0 and 1 or 0
  end
  return borrow == 1 and r or less, borrow == 1
end

local function bytes_of(a)  -- two subtractions, for 2^256 is more than twice p
  return limbs:pack(table.unpack((below((below(carry(carry(carry(plus(a, number(0))))), prime)), prime))))
end

local function is_equal(a, b) return bytes_of(a) == bytes_of(b) end
local function inverse(a) return power(a, 255, { [2] = true, [4] = true }) end  -- a^(p - 2)
local one, root_of_minus_one = number(1), power(number(2), 253, { [2] = true })  -- 2^((p - 1) / 4)
local d = times(number(-121665), inverse(number(121666)))

-- A point is { x, y, z, t }, with the coordinates x/z and y/z on -x^2 + y^2 = 1 + d x^2 y^2, and t = x y / z.
local function add(p, q)
  local a, b = times(minus(p[2], p[1]), minus(q[2], q[1])), times(plus(p[2], p[1]), plus(q[2], q[1]))
  local c, e = times(plus(d, d), times(p[4], q[4])), times(plus(p[3], p[3]), q[3])
  local x, f, g, y = minus(b, a), minus(e, c), plus(e, c), plus(b, a)
  return { times(x, f), times(g, y), times(f, g), times(x, y) }
end

local function encoded(p)
  local y = bytes_of(times(p[2], inverse(p[3])))
  return y:sub(1, 31) .. string.char(y:byte(32) | (bytes_of(times(p[1], inverse(p[3]))):byte() & 1) << 7)
end

local function negated_point(bytes)  -- of the encoded one; nil if that is none
  local y = limbs_of(bytes:sub(1, 31) .. string.char(bytes:byte(32) & 0x7f))
  local u, v = minus(times(y, y), one), plus(times(d, times(y, y)), one)
  local uv3, v4 = times(u, times(times(v, v), v)), times(times(v, v), times(v, v))
  local x = times(uv3, power(times(uv3, v4), 252, { [1] = true }))  -- (u / v)^((p + 3) / 8)
  if not is_equal(times(v, times(x, x)), u) then x = times(x, root_of_minus_one) end
  if not is_equal(times(v, times(x, x)), u) then return nil end
  if bytes_of(x):byte() & 1 == bytes:byte(32) >> 7 then x = minus(number(0), x) end
  return { x, y, one, times(x, y) }
end

local ed25519 = {}

function ed25519.is_signed_by(key, text, signature)
  if #key ~= 32 or #signature ~= 64 then return false end
  local a, base = negated_point(key), negated_point("\x58" .. ("\x66"):rep(30) .. "\xe6")
  local s, h, digest = limbs_of(signature:sub(33)), number(0), sha2.sha512(signature:sub(1, 32) .. key .. text)
  if not a or not select(2, below(s, order)) then return false end
  for bit = 511, 0, -1 do  -- h: the digest modulo the order
    for i = 16, 2, -1 do h[i] = h[i] << 1 & 0xffff | h[i - 1] >> 15 end
    h[1] = h[1] << 1 & 0xffff | digest:byte(bit // 8 + 1) >> bit % 8 & 1
    h = below(h, order)
  end
  local sum, both = { number(0), one, one, number(0) }, add(base, a)
  for bit = 255, 0, -1 do  -- s base - h key, which must be the signature's first half
    sum = add(sum, sum)
    local in_s, in_h = s[bit // 16 + 1] >> bit % 16 & 1, h[bit // 16 + 1] >> bit % 16 & 1
    if in_s + in_h > 0 then sum = add(sum, in_s == 0 and a or in_h == 0 and base or both) end
  end
  return encoded(sum) == signature:sub(1, 32)
end

return ed25519
