#!lua
-- Put sums into one tally. KEYS: the tally. ARGV: 1 fields and sums in turn, as MessagePack (codec.py, packed_cells).
local items = cmsgpack.unpack(ARGV[1])
for first = 1, #items, 4000 do
  redis.call('HSET', KEYS[1], unpack(items, first, math.min(first + 3999, #items)))
end
return redis.status_reply('OK')
