#!lua
-- Point to the tallies of a recount, if its claim still holds the partition where it was, and all that was written is
-- there: nobody else writes to these keys, and each cell of them is written once, so as many cells are the same cells.
-- KEYS: 1 the position, 2.. the tallies. ARGV: 1 the claim's token, 2 the offset that was recounted, 3 the generation
-- before, 4 the new one, 5.. how many cells each tally was given.
local position = redis.call('HMGET', KEYS[1], 'token', 'offset', 'generation')
if position[1] ~= ARGV[1] or position[2] ~= ARGV[2] or position[3] ~= ARGV[3] then
  return redis.status_reply('moved')
end
for index = 2, #KEYS do
  if redis.call('HLEN', KEYS[index]) ~= tonumber(ARGV[index + 3]) then return redis.status_reply('incomplete') end
end
redis.call('HSET', KEYS[1], 'generation', ARGV[4])
return redis.status_reply('ok')
