import { logFunctions } from './log-scripts.ts';

/**
 * KEYS log meta dead; ARGV most events, maximal age, the time, 1 when Redis is full → events cut, and the age of dedupe
 * ids that were forgotten early or nothing. Needs no memory. When Redis is full, a tenth of history goes too, but
 * nothing that a group has not handled.
 */
export const trim = `${logFunctions}
local log, meta, prefix = KEYS[1], KEYS[2], string.sub(KEYS[1], 1, -4)
local cut = redis.call('XTRIM', log, 'MAXLEN', '~', ARGV[1])
for _ = 1, 1000 do
  local first = redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
  local published = first and fieldOf(first[2], 'at')
  if not published or tonumber(ARGV[3]) - tonumber(published) <= tonumber(ARGV[2]) then break end
  cut = cut + redis.call('XDEL', log, first[1])
end
local function placeOf(id) return tonumber(string.match(id, '^%d+')) end
-- The first place that a group still needs.
local function needed(last)
  local floor, groups = last + 1, redis.pcall('XINFO', 'GROUPS', log)
  for _, info in ipairs(groups.err and {} or groups) do
    local name, read
    for i = 1, #info, 2 do
      if info[i] == 'name' then name = info[i + 1] end
      if info[i] == 'last-delivered-id' then read = placeOf(info[i + 1]) end
    end
    local pending = redis.call('XPENDING', log, name)
    floor = math.min(floor, read + 1, pending[1] > 0 and placeOf(pending[2]) or floor)
  end
  for _, name in ipairs(redis.call('HKEYS', prefix .. 'owned')) do
    local refs = prefix .. 'o:' .. name .. ':refs'
    -- To find the first of very many would take too long.
    if redis.call('HLEN', refs) > 50000 then return 0 end
    for _, place in ipairs(redis.call('HKEYS', refs)) do floor = math.min(floor, tonumber(place)) end
  end
  return floor
end
if ARGV[4] == '1' and cut == 0 then
  local first = redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
  local last = redis.call('XREVRANGE', log, '+', '-', 'COUNT', 1)[1]
  if first then
    local from, to = placeOf(first[1]), placeOf(last[1])
    local floor = math.min(needed(to), from + math.ceil((to - from + 1) / 10))
    if floor > from then cut = redis.call('XTRIM', log, 'MINID', string.format('%d-0', floor)) end
  end
end
return {cut, redis.call('HGET', meta, 'idsCut')}
`;
