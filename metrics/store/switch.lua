#!lua
-- Point to the tallies of a recount, if its claim still holds the partition where it was, and all that was written is
-- there: nobody else writes to these keys, and each cell of them is written once, so as many cells are the same cells.
-- Where a commit broke off, some of its cases are told and counted: the head is where it was to end, so that nothing is
-- shown before all of it is told, and its change is not followed.
-- KEYS: 1 the position, 2 the changes, 3.. the tallies. ARGV: 1 the claim's token, 2 the offset that was recounted, 3 the
-- generation before, 4 the new one, 5.. how many cells each tally was given.
local position = redis.call('HMGET', KEYS[1], 'token', 'offset', 'generation', 'committing', 'head')
if position[1] ~= ARGV[1] or position[2] ~= ARGV[2] or position[3] ~= ARGV[3] then
  return redis.status_reply('moved')
end
for index = 3, #KEYS do
  if redis.call('HLEN', KEYS[index]) ~= tonumber(ARGV[index + 2]) then return redis.status_reply('incomplete') end
end
local head = string.format('%.0f', math.max(tonumber(position[5]), tonumber(position[4] or 0)))
redis.call('HSET', KEYS[1], 'generation', ARGV[4], 'head', head, 'moved_at', redis.call('TIME')[1])
if position[4] then
  redis.call('UNLINK', KEYS[2])
  redis.call('HDEL', KEYS[1], 'committing')
end
return redis.status_reply('ok')
