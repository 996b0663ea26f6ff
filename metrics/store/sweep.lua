#!lua
-- Remove tallies that no position points to. Those of the generation that is pointed to stay, whoever asks.
-- KEYS: 1 the position, 2.. tallies. ARGV: 1 the token of the claim that must hold the partition; empty: any may, as
-- the tallies are of a count of our own that was given up.
local position = redis.call('HMGET', KEYS[1], 'token', 'generation')
if ARGV[1] ~= '' and position[1] ~= ARGV[1] then return redis.status_reply('moved') end
local shown = ':tally:' .. (position[2] or '') .. ':'
for index = 2, #KEYS do
  if not string.find(KEYS[index], shown, 1, true) then redis.call('UNLINK', KEYS[index]) end
end
return redis.status_reply('ok')
