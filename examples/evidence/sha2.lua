-- SHA-256 and SHA-512 (FIPS 180-4) in plain Lua 5.4.
--
-- sha2.sha256(text), sha2.sha512(text) -> the digest's bytes. For what comes in parts:
-- sha2.new256(), sha2.new512() -> h; h:update(text) -> h, as often as wanted; h:digest() -> the bytes, once, at the end.

local sha2 = {}

-- Square roots of the first 8 primes, cube roots of the first 80: the 64 bits behind the point, or 32 for SHA-256.
local starts = {
  0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1, 0x510e527fade682d1,
  0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
}
local constants = {
  0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc, 0x3956c25bf348b538,
  0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118, 0xd807aa98a3030242, 0x12835b0145706fbe,
  0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2, 0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235,
  0xc19bf174cf692694, 0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
  0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5, 0x983e5152ee66dfab,
  0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4, 0xc6e00bf33da88fc2, 0xd5a79147930aa725,
  0x06ca6351e003826f, 0x142929670a0e6e70, 0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed,
  0x53380d139d95b3df, 0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
  0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30, 0xd192e819d6ef5218,
  0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8, 0x19a4c116b8d2d0c8, 0x1e376c085141ab53,
  0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8, 0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373,
  0x682e6ff3d6b2b8a3, 0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
  0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b, 0xca273eceea26619c,
  0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178, 0x06f067aa72176fba, 0x0a637dc5a2c898a6,
  0x113f9804bef90dae, 0x1b710b35131c471b, 0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc,
  0x431d67c49c100d4c, 0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
}
local starts32, constants32 = {}, {}
for i, v in ipairs(starts) do starts32[i] = v >> 32 end
for i, v in ipairs(constants) do constants32[i] = v >> 32 end

-- A 32-bit word beside itself in 64 bits: shifting that to the right turns the word round. What is left above 32 bits is
-- cut off where a sum is kept.
local function block256(state, text, at)
  local w = { (">I4I4I4I4I4I4I4I4I4I4I4I4I4I4I4I4"):unpack(text, at) }
  for i = 17, 64 do
    local x, y = w[i - 15], w[i - 2]
    local xx, yy = x | x << 32, y | y << 32
    w[i] = w[i - 16] + (xx >> 7 ~ xx >> 18 ~ x >> 3) + w[i - 7] + (yy >> 17 ~ yy >> 19 ~ y >> 10) & 0xffffffff
  end
  local a, b, c, d, e, f, g, h = table.unpack(state)
  for i = 1, 64 do
    local aa, ee = a | a << 32, e | e << 32
    local t = h + ((ee >> 6 ~ ee >> 11 ~ ee >> 25) & 0xffffffff) + (g ~ e & (f ~ g)) + constants32[i] + w[i]
    local u = ((aa >> 2 ~ aa >> 13 ~ aa >> 22) & 0xffffffff) + (a & b | c & (a | b))
    a, b, c, d, e, f, g, h = t + u & 0xffffffff, a, b, c, d + t & 0xffffffff, e, f, g
  end
  for i, v in ipairs{ a, b, c, d, e, f, g, h } do state[i] = state[i] + v & 0xffffffff end
end

local function block512(state, text, at)
  local w = { (">i8i8i8i8i8i8i8i8i8i8i8i8i8i8i8i8"):unpack(text, at) }
  for i = 17, 80 do
    local x, y = w[i - 15], w[i - 2]
    w[i] = w[i - 16] + ((x >> 1 | x << 63) ~ (x >> 8 | x << 56) ~ x >> 7)
      + w[i - 7] + ((y >> 19 | y << 45) ~ (y >> 61 | y << 3) ~ y >> 6)
  end
  local a, b, c, d, e, f, g, h = table.unpack(state)
  for i = 1, 80 do
    local t = h + ((e >> 14 | e << 50) ~ (e >> 18 | e << 46) ~ (e >> 41 | e << 23)) + (g ~ e & (f ~ g)) + constants[i] + w[i]
    local u = ((a >> 28 | a << 36) ~ (a >> 34 | a << 30) ~ (a >> 39 | a << 25)) + (a & b | c & (a | b))
    a, b, c, d, e, f, g, h = t + u, a, b, c, d + t, e, f, g
  end
  for i, v in ipairs{ a, b, c, d, e, f, g, h } do state[i] = state[i] + v end
end

local hash = {}
hash.__index = hash

function hash:update(text)
  self.length = self.length + #text
  text = self.rest .. text
  local whole = #text - #text % self.size
  for at = 1, whole, self.size do self.block(self.state, text, at) end
  self.rest = text:sub(whole + 1)
  return self
end

-- Behind the text: a one bit, zeros, and the length in bits, in the last eighth of a block.
function hash:digest()
  local bits = self.length * 8
  local zeros = -(#self.rest + 1 + self.size // 8) % self.size + self.size // 8 - 8
  self:update("\x80" .. ("\0"):rep(zeros) .. (">I8"):pack(bits))
  return (self.word:rep(8)):pack(table.unpack(self.state))
end

local function begin(block, size, word, state)
  local fresh = { block = block, size = size, word = word, state = table.move(state, 1, 8, 1, {}), rest = "", length = 0 }
  return setmetatable(fresh, hash)
end

function sha2.new256() return begin(block256, 64, ">I4", starts32) end
function sha2.new512() return begin(block512, 128, ">i8", starts) end
function sha2.sha256(text) return sha2.new256():update(text):digest() end
function sha2.sha512(text) return sha2.new512():update(text):digest() end

return sha2
