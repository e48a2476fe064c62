import { logFunctions } from './log-scripts.ts';

/**
 * KEYS log meta dead; ARGV candidate, key, place to walk from or nothing, after, limit, bytes → epoch, last, first,
 * place to walk on from or 0, places found, the newest first, and when the walk has ended the entries of the oldest of
 * them, 1 when events of the key after the place are gone, or may be, and 1 when the entries end early because of their
 * bytes. Walks back from the key's newest event, so that it costs what the key's events after the place cost.
 */
export const walkKey = `${logFunctions}
local log = KEYS[1]
local epoch = epochOf(log, KEYS[2], ARGV[1])
local n = tonumber(redis.call('HGET', KEYS[2], 'n'))
local after, limit = tonumber(ARGV[4]), tonumber(ARGV[5])
local place = tonumber(ARGV[3] ~= '' and ARGV[3] or redis.call('HGET', string.sub(log, 1, -4) .. 'heads', ARGV[2]) or '0')
local first = firstOf(log, KEYS[2], n)
local places, kept, steps, isCut = {}, {}, 0, place == 0 and first > after + 1
while place > after and steps < 5000 do
  steps = steps + 1
  local id = string.format('%d-0', place)
  local entry = redis.call('XRANGE', log, id, id)[1]
  if not entry then
    isCut = true
    place = 0
    break
  end
  -- What was given back to one group is nobody else's.
  if not fieldOf(entry[2], 'g') then
    kept[#places % limit] = entry
    places[#places + 1] = place
  end
  place = tonumber(fieldOf(entry[2], 'b') or '0')
end
local entries, room, isEarly = {}, tonumber(ARGV[6]), 0
if place <= after then
  place = 0
  for i = #places - 1, math.max(0, #places - limit), -1 do
    if room <= 0 then
      isEarly = 1
      break
    end
    local entry = kept[i % limit]
    entries[#entries + 1] = entry
    room = room - #(fieldOf(entry[2], 'p') or '')
  end
end
return {epoch, n, first, place, places, entries, isCut and 1 or 0, isEarly}
`;

/**
 * KEYS log meta dead; ARGV candidate, bytes, places → epoch, last, first, entries of those that are there, and 1 when
 * they end early because of their bytes.
 */
export const readPlaces = `${logFunctions}
local epoch = epochOf(KEYS[1], KEYS[2], ARGV[1])
local n, entries, room, isEarly = tonumber(redis.call('HGET', KEYS[2], 'n')), {}, tonumber(ARGV[2]), 0
for i = 3, #ARGV do
  if room <= 0 then
    isEarly = 1
    break
  end
  local id = ARGV[i] .. '-0'
  local entry = redis.call('XRANGE', KEYS[1], id, id)[1]
  entries[#entries + 1] = entry
  room = room - #(entry and fieldOf(entry[2], 'p') or '')
end
local first = firstOf(KEYS[1], KEYS[2], n)
return {epoch, n, first, entries, isEarly}
`;

/** KEYS log meta; ARGV candidate, after, limit, bytes → epoch, last, first, entries, 1 when there may be more. */
export const read = `${logFunctions}
local log = KEYS[1]
local epoch = epochOf(log, KEYS[2], ARGV[1])
local n = tonumber(redis.call('HGET', KEYS[2], 'n'))
local from, limit, room, entries, more = string.format('%d-0', tonumber(ARGV[2]) + 1), tonumber(ARGV[3]), tonumber(ARGV[4]), {}, 1
while #entries < limit and room > 0 do
  local rows = redis.call('XRANGE', log, from, '+', 'COUNT', math.min(16, limit - #entries))
  for _, row in ipairs(rows) do
    if room <= 0 then break end
    room = room - #(fieldOf(row[2], 'p') or '')
    entries[#entries + 1] = row
  end
  if #rows == 0 then
    more = 0
    break
  end
  from = '(' .. rows[#rows][1]
end
return {epoch, n, firstOf(log, KEYS[2], n), entries, more}
`;
