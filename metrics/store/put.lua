#!lua
-- Put sums into one tally of a recount, if its claim still holds the partition where it was.
-- KEYS: 1 the position, 2 the tally. ARGV: 1 the claim's token, 2 the offset that is recounted, 3 fields and sums in
-- turn, as MessagePack (codec.py, packed_cells).
local position = redis.call('HMGET', KEYS[1], 'token', 'offset')
if position[1] ~= ARGV[1] or position[2] ~= ARGV[2] then return redis.status_reply('moved') end
local items = cmsgpack.unpack(ARGV[3])
for first = 1, #items, 4000 do
  redis.call('HSET', KEYS[2], unpack(items, first, math.min(first + 3999, #items)))
end
return redis.status_reply('ok')
