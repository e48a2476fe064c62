/**
 * Everything that must happen at once in Redis, as Lua. Keys of one bus share the hash tag `{prefix}`.
 *
 * Log entries have the ids `1-0`, `2-0`, … so that a place in the log is a number here as in the other transports,
 * whatever the server's clock says. Of a group, `base` names:
 *   beats  hash  consumer → heartbeats so far, -1 when it has left
 *   tries  hash  entry → deliveries started
 *   lane   hash  keyed entry → its lane (topic and key)
 *   owner  hash  lane → consumer that handles it; seen (sorted set) tells when last, to forget idle lanes
 *   active hash  lane → the entry that is handed out or ready; wait:<lane> (list) holds those behind it
 *   ready:<consumer> list  entries that this consumer may start
 *   stats  hash  cursor, redeliveries, dead, lost
 */
const epochOf = `
local function lastOf(log)
  if redis.call('EXISTS', log) == 0 then return 0 end
  local info = redis.call('XINFO', 'STREAM', log)
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then return tonumber(string.match(info[i + 1], '^%d+')) end
  end
end
-- After the last entry, also when somebody else wrote it.
local function append(log, meta, fields)
  local n = tonumber(redis.call('HGET', meta, 'n') or '0') + 1
  local added = redis.pcall('XADD', log, string.format('%d-0', n), unpack(fields))
  if type(added) == 'table' then
    n = math.max(n, lastOf(log) + 1)
    redis.call('XADD', log, string.format('%d-0', n), unpack(fields))
  end
  redis.call('HSET', meta, 'n', string.format('%d', n))
end
local function epochOf(log, meta, candidate)
  local epoch = redis.call('HGET', meta, 'epoch')
  if epoch then return epoch end
  redis.call('HSET', meta, 'epoch', candidate, 'n', lastOf(log))
  return candidate
end
`;

const now = `
local function now()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end
`;

/** KEYS log meta; ARGV candidate epoch, highest place known here → epoch, last place. */
const check = `${epochOf}
local epoch = epochOf(KEYS[1], KEYS[2], ARGV[1])
local n = tonumber(redis.call('HGET', KEYS[2], 'n'))
-- The server came back with older data: places that were given out before are not given out again.
if n < tonumber(ARGV[2]) and ARGV[3] == epoch then
  n = tonumber(ARGV[2]) + 1000
  redis.call('HSET', KEYS[2], 'n', n)
end
return {epoch, n}
`;

/**
 * KEYS log meta; ARGV candidate, maxlen, window, dedupe prefix, events, then per event: topic at payload key count,
 * where key is empty or `k` and the key; then the `count` dedupe ids of each event, one list → epoch, per event its
 * place, or minus the place of the event it repeats.
 *
 * Dedupe ids are fields of two hashes, `<place>:<time>`: the recent one becomes the former one after each window, and
 * that one goes. A command costs about 2 µs here, a field 0.3: so one command per event, and a few per batch.
 */
const publish = `${epochOf}${now}
local call, argv, log, meta, window = redis.call, ARGV, KEYS[1], KEYS[2], tonumber(ARGV[3])
local recent, former = argv[4] .. 'recent', argv[4] .. 'former'
local epoch = epochOf(log, meta, argv[1])
local row = call('HMGET', meta, 'n', 'turned')
local n, time, out, fields = tonumber(row[1]), now(), {epoch}, {}
local count = tonumber(argv[5])
local ids = 6 + count * 5
local known = {}
local function remember(values)
  for i = 1, #values do
    if values[i] then
      local place, at = string.match(values[i], '^(%d+):(%d+)$')
      if time - tonumber(at) < window then known[argv[ids + i - 1]] = tonumber(place) end
    end
  end
end
if ids <= #argv then
  if time - tonumber(row[2] or '0') >= window then
    call('UNLINK', former)
    if call('EXISTS', recent) == 1 then call('RENAME', recent, former) end
    call('HSET', meta, 'turned', time)
  end
  remember(call('HMGET', former, unpack(argv, ids)))
  remember(call('HMGET', recent, unpack(argv, ids)))
end
local stamp = string.format(':%d', time)
local function add(i, id)
  if argv[i + 3] == '' then
    return redis.pcall('XADD', log, id, 'v', '1', 't', argv[i], 'at', argv[i + 1], 'p', argv[i + 2])
  end
  return redis.pcall('XADD', log, id, 'v', '1', 't', argv[i], 'at', argv[i + 1], 'p', argv[i + 2], 'k', string.sub(argv[i + 3], 2))
end
local failure
for i = 6, ids - 5, 5 do
  local last, seen = ids + tonumber(argv[i + 4]) - 1, nil
  for j = ids, last do seen = seen or known[argv[j]] end
  if seen then
    out[#out + 1] = -seen
  else
    local place = tostring(n + 1)
    local added = add(i, place .. '-0')
    if type(added) == 'table' then
      -- Somebody else wrote to the log: go on after that.
      n = math.max(n, lastOf(log))
      place = string.format('%d', n + 1)
      added = add(i, place .. '-0')
    end
    if type(added) == 'table' then
      failure = added
      break
    end
    n = n + 1
    out[#out + 1] = n
    for j = ids, last do
      known[argv[j]] = n
      fields[#fields + 1] = argv[j]
      fields[#fields + 1] = place .. stamp
    end
  end
  ids = last + 1
end
call('HSET', meta, 'n', n)
if #fields > 0 then call('HSET', recent, unpack(fields)) end
call('XTRIM', log, 'MAXLEN', '~', argv[2])
return failure or out
`;

/** KEYS log meta; ARGV candidate, after, limit → epoch, last, first, entries. */
const read = `${epochOf}
local log = KEYS[1]
local epoch = epochOf(log, KEYS[2], ARGV[1])
local n = tonumber(redis.call('HGET', KEYS[2], 'n'))
local first = redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
local entries = redis.call('XRANGE', log, string.format('%d-0', tonumber(ARGV[2]) + 1), '+', 'COUNT', ARGV[3])
return {epoch, n, first and first[1] or (string.format('%d-0', n + 1)), entries}
`;

/** Shared by the scripts of a group: KEYS log meta dead; ARGV group, base, consumer, … */
const group = `${now}
local log, meta, deadLetters = KEYS[1], KEYS[2], KEYS[3]
local group, base, me = ARGV[1], ARGV[2], ARGV[3]
local function mapOf(fields)
  local map = {}
  for i = 1, #fields, 2 do map[fields[i]] = fields[i + 1] end
  return map
end
local function isMine(id)
  local reply = redis.pcall('XPENDING', log, group, id, id, 1)
  return not reply.err and reply[1] and reply[1][2] == me
end
local function isAlive(consumer)
  local beats = redis.call('HGET', base .. ':beats', consumer)
  return beats and beats ~= '-1'
end
local function assign(id, consumer)
  redis.call('XCLAIM', log, group, consumer, 0, id, 'JUSTID')
  redis.call('RPUSH', base .. ':ready:' .. consumer, id)
end
local function finish(id)
  redis.call('XACK', log, group, id)
  redis.call('HDEL', base .. ':tries', id)
  local lane = redis.call('HGET', base .. ':lane', id)
  if not lane then return end
  redis.call('HDEL', base .. ':lane', id)
  local following = redis.call('LPOP', base .. ':wait:' .. lane)
  if not following then
    redis.call('HDEL', base .. ':active', lane)
    return
  end
  redis.call('HSET', base .. ':active', lane, following)
  local owner = redis.call('HGET', base .. ':owner', lane)
  if not owner or not isAlive(owner) then
    owner = me
    redis.call('HSET', base .. ':owner', lane, me)
  end
  assign(following, owner)
end
local function loseOne(id)
  redis.call('HINCRBY', base .. ':stats', 'lost', 1)
  finish(id)
end
`;

/** … place to start after or 'new', set of groups → 1 when the group was made. */
const join = `${group}
local start = ARGV[4]
if start == 'new' then start = redis.call('HGET', meta, 'n') or '0' end
local made = redis.pcall('XGROUP', 'CREATE', log, group, start .. '-0', 'MKSTREAM')
local isNew = not made.err
if isNew then
  redis.call('HSET', base .. ':stats', 'cursor', start)
elseif not string.find(made.err, 'BUSYGROUP') then
  return made
end
redis.call('SADD', ARGV[5], group)
redis.call('HSET', base .. ':beats', me, 1)
return isNew and 1 or 0
`;

/** … count, pattern → 1 when there may be more, deliveries {id, attempt, fields}. */
const take = `${group}
if not isAlive(me) then return {-1, {}} end
local count = tonumber(ARGV[4])
local function split(text)
  local parts = {}
  for part in string.gmatch(text, '[^:]+') do parts[#parts + 1] = part end
  return parts
end
local wanted = split(ARGV[5])
local open = wanted[#wanted] == '**'
if open then wanted[#wanted] = nil end
local function matches(topic)
  -- No wildcard brings the bus's own topics.
  if (wanted[1] or '*') == '*' and string.sub(topic, 1, 1) == '$' then return false end
  local parts = split(topic)
  if open and #parts <= #wanted or not open and #parts ~= #wanted then return false end
  for i = 1, #wanted do
    if wanted[i] ~= '*' and wanted[i] ~= parts[i] then return false end
  end
  return true
end
local out = {}
local function give(id, fields)
  local attempt = redis.call('HINCRBY', base .. ':tries', id, 1)
  if attempt > 1 then redis.call('HINCRBY', base .. ':stats', 'redeliveries', 1) end
  out[#out + 1] = {id, attempt, fields}
end
local function sort(id, fields)
  local entry = mapOf(fields)
  if entry.g and entry.g ~= group or not entry.g and entry.t and not matches(entry.t) then
    redis.call('XACK', log, group, id)
    return
  end
  -- What is damaged or foreign has no lane; its consumer finds that it cannot be read.
  if not (entry.k and entry.t) then return give(id, fields) end
  local lane = entry.t .. '\\0' .. entry.k
  redis.call('HSET', base .. ':lane', id, lane)
  redis.call('ZADD', base .. ':seen', now(), lane)
  if redis.call('HEXISTS', base .. ':active', lane) == 1 then
    redis.call('RPUSH', base .. ':wait:' .. lane, id)
    return
  end
  redis.call('HSET', base .. ':active', lane, id)
  local owner = redis.call('HGET', base .. ':owner', lane)
  if owner and owner ~= me and isAlive(owner) then return assign(id, owner) end
  if owner ~= me then redis.call('HSET', base .. ':owner', lane, me) end
  give(id, fields)
end
while #out < count do
  local id = redis.call('LPOP', base .. ':ready:' .. me)
  if not id then break end
  local entry = redis.call('XRANGE', log, id, id)[1]
  if entry then give(id, entry[2]) else loseOne(id) end
end
local more = 0
local cursor = tonumber(redis.call('HGET', base .. ':stats', 'cursor') or '0')
local before = cursor
for round = 1, 100 do
  if #out >= count then break end
  local reply = redis.call('XREADGROUP', 'GROUP', group, me, 'COUNT', count - #out, 'STREAMS', log, '>')
  if not reply then
    more = 0
    break
  end
  more = 1
  for _, entry in ipairs(reply[1][2]) do
    local place = tonumber(string.match(entry[1], '^%d+'))
    if place > cursor + 1 then redis.call('HINCRBY', base .. ':stats', 'lost', place - cursor - 1) end
    cursor = math.max(cursor, place)
    sort(entry[1], entry[2])
  end
end
if cursor ~= before then redis.call('HSET', base .. ':stats', 'cursor', string.format('%d', cursor)) end
return {more, out}
`;

/** … entries → 1 for each that was this consumer's. */
const done = `${group}
local out = {}
for i = 4, #ARGV do
  local mine = isMine(ARGV[i])
  if mine then finish(ARGV[i]) end
  out[#out + 1] = mine and 1 or 0
end
return out
`;

/** … entry → its next attempt, or nothing. */
const again = `${group}
if not isMine(ARGV[4]) then return false end
redis.call('HINCRBY', base .. ':stats', 'redeliveries', 1)
return redis.call('HINCRBY', base .. ':tries', ARGV[4], 1)
`;

/** … entry, reason, maxDead, when, text of the event that tells of it or nothing → 1 when it was this consumer's. */
const dead = `${epochOf}${group}
local id = ARGV[4]
if not isMine(id) then return 0 end
local entry = redis.call('XRANGE', log, id, id)[1]
if not entry then
  loseOne(id)
  return 1
end
local row = entry[2]
local tries = redis.call('HGET', base .. ':tries', id) or '0'
for _, extra in ipairs({'_group', group, '_id', id, '_attempts', tries, '_reason', ARGV[5]}) do row[#row + 1] = extra end
local letter = redis.call('XADD', deadLetters, 'MAXLEN', ARGV[6], '*', unpack(row))
redis.call('HINCRBY', base .. ':stats', 'dead', 1)
finish(id)
if ARGV[8] ~= '' then
  local text = '{"id":"' .. letter .. '",' .. string.sub(ARGV[8], 2)
  append(log, meta, {'v', '1', 't', '$dead-letter', 'at', ARGV[7], 'p', text})
end
return 1
`;

/** … how long an idle lane keeps its owner → consumers and their heartbeats, or nothing when this one was given up. */
const beat = `${group}
if not isAlive(me) then return false end
redis.call('HINCRBY', base .. ':beats', me, 1)
local time = now()
for _, lane in ipairs(redis.call('ZRANGEBYSCORE', base .. ':seen', '-inf', time - tonumber(ARGV[4]), 'LIMIT', 0, 100)) do
  if redis.call('HEXISTS', base .. ':active', lane) == 1 then
    redis.call('ZADD', base .. ':seen', time, lane)
  else
    redis.call('ZREM', base .. ':seen', lane)
    redis.call('HDEL', base .. ':owner', lane)
  end
end
return redis.call('HGETALL', base .. ':beats')
`;

/**
 * … consumer to take over from, its heartbeats as observed, entries held → 1 when there is more to take over.
 * From oneself: finds deliveries whose handing out got lost on the way.
 */
const adopt = `${group}
local from = ARGV[4]
if not isAlive(me) then return 0 end
if from ~= me and redis.call('HGET', base .. ':beats', from) ~= ARGV[5] then return 0 end
local held = {}
for i = 6, #ARGV do held[ARGV[i]] = true end
redis.call('DEL', base .. ':ready:' .. from)
local start, taken = '-', 0
while true do
  local rows = redis.call('XPENDING', log, group, start, '+', 200, from)
  for _, row in ipairs(rows) do
    local id = row[1]
    start = '(' .. id
    if not held[id] then
      taken = taken + 1
      local lane = redis.call('HGET', base .. ':lane', id)
      local first = not lane or redis.call('HGET', base .. ':active', lane) == id
      if redis.call('XRANGE', log, id, id)[1] then
        if first and lane then redis.call('HSET', base .. ':owner', lane, me) end
        if first then assign(id, me) else redis.call('XCLAIM', log, group, me, 0, id, 'JUSTID') end
      elseif first then
        loseOne(id)
      end
    end
  end
  if #rows < 200 then break end
  if from ~= me and taken >= 1000 then return 1 end
end
if from ~= me then
  redis.call('HDEL', base .. ':beats', from)
  redis.call('XGROUP', 'DELCONSUMER', log, group, from)
end
return 0
`;

/** … leaves: what is not done is for the others to take over. */
const leave = `${group}
if not isAlive(me) then return 0 end
if redis.call('XPENDING', log, group, '-', '+', 1, me)[1] then
  redis.call('HSET', base .. ':beats', me, -1)
else
  redis.call('HDEL', base .. ':beats', me)
  redis.call('XGROUP', 'DELCONSUMER', log, group, me)
end
return 1
`;

/** KEYS log meta dead; ARGV candidate, letter → 1 when it was put back into the log for its group. */
const retry = `${epochOf}
local letter = redis.call('XRANGE', KEYS[3], ARGV[2], ARGV[2])[1]
if not letter then return 0 end
epochOf(KEYS[1], KEYS[2], ARGV[1])
local row, origin = {}, nil
for i = 1, #letter[2], 2 do
  local name, value = letter[2][i], letter[2][i + 1]
  if name == '_group' then
    row[#row + 1] = 'g'
    row[#row + 1] = value
  elseif name == '_id' then
    origin = origin or string.match(value, '^%d+')
  elseif name == 'o' then
    origin = value
  elseif string.sub(name, 1, 1) ~= '_' and name ~= 'g' then
    row[#row + 1] = name
    row[#row + 1] = value
  end
end
row[#row + 1] = 'o'
row[#row + 1] = origin
redis.call('XDEL', KEYS[3], ARGV[2])
append(KEYS[1], KEYS[2], row)
return 1
`;

/** KEYS log meta dead; ARGV set of groups, base prefix → depth, dead letters, per group: name cursor-lag pending counts. */
const stats = `
local n = tonumber(redis.call('HGET', KEYS[2], 'n') or '0')
local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
local floor = first and tonumber(string.match(first[1], '^%d+')) - 1 or n
local groups = {}
for _, group in ipairs(redis.call('SMEMBERS', ARGV[1])) do
  local pending = redis.pcall('XPENDING', KEYS[1], group)
  if not pending.err then
    local row = redis.call('HMGET', ARGV[2] .. group .. ':stats', 'cursor', 'redeliveries', 'dead', 'lost')
    local cursor = math.max(tonumber(row[1] or '0'), floor)
    groups[#groups + 1] = {group, math.max(0, n - cursor), pending[1], tonumber(row[2] or '0'), tonumber(row[3] or '0'), tonumber(row[4] or '0')}
  end
end
return {redis.call('XLEN', KEYS[1]), redis.call('XLEN', KEYS[3]), groups}
`;

/** The scripts by name. */
export const scripts = {
  check,
  publish,
  read,
  join,
  take,
  done,
  again,
  dead,
  beat,
  adopt,
  leave,
  retry,
  stats,
} as const;
