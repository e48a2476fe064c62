/**
 * What must happen at once to the log in Redis, as Lua. Keys of one bus share the hash tag `{prefix}`.
 *
 * Log entries have the ids `1-0`, `2-0`, … so that a place in the log is a number here as in the other transports,
 * whatever the server's clock says.
 */

/** Functions about the log, put before scripts. */
export const logFunctions = `
local function lastOf(log)
  if redis.call('EXISTS', log) == 0 then return 0 end
  local info = redis.call('XINFO', 'STREAM', log)
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then return tonumber(string.match(info[i + 1], '^%d+')) end
  end
end
local function fieldOf(fields, name)
  for i = 1, #fields, 2 do
    if fields[i] == name then return fields[i + 1] end
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

/** The server's clock in milliseconds, put before scripts. */
export const clockFunctions = `
local function now()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end
`;

/** KEYS log meta; ARGV candidate epoch, highest place known here → epoch, last place. */
export const check = `${logFunctions}
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
 * KEYS log meta; ARGV candidate, maxlen, maximal age, window, dedupe prefix, events, then per event: topic at payload
 * key count, where key is empty or `k` and the key; then the `count` dedupe ids of each event, one list → epoch, per
 * event its place, or minus the place of the event it repeats.
 *
 * Dedupe ids are fields of two hashes, `<place>:<time>`: the recent one becomes the former one after each window, and
 * that one goes. A command costs about 2 µs here, a field 0.3: so one command per event, and a few per batch.
 */
export const publish = `${logFunctions}${clockFunctions}
local call, argv, log, meta, window = redis.call, ARGV, KEYS[1], KEYS[2], tonumber(ARGV[4])
local recent, former = argv[5] .. 'recent', argv[5] .. 'former'
local epoch = epochOf(log, meta, argv[1])
local row = call('HMGET', meta, 'n', 'turned')
local before, time, out, fields = tonumber(row[1]), now(), {epoch}, {}
local n = before
local count = tonumber(argv[6])
local ids = 7 + count * 5
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
for i = 7, ids - 5, 5 do
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
if math.floor(n / 100) > math.floor(before / 100) then
  -- Age is looked at once in a hundred events, and cut faster than events come.
  for _ = 1, 300 do
    local first = call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
    local at = first and fieldOf(first[2], 'at')
    if not at or time - tonumber(at) <= tonumber(argv[3]) then break end
    call('XDEL', log, first[1])
  end
end
return failure or out
`;

/** KEYS log meta; ARGV candidate, after, limit → epoch, last, first, entries. */
export const read = `${logFunctions}
local log = KEYS[1]
local epoch = epochOf(log, KEYS[2], ARGV[1])
local n = tonumber(redis.call('HGET', KEYS[2], 'n'))
local first = redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
local entries = redis.call('XRANGE', log, string.format('%d-0', tonumber(ARGV[2]) + 1), '+', 'COUNT', ARGV[3])
return {epoch, n, first and first[1] or (string.format('%d-0', n + 1)), entries}
`;

/** KEYS log meta dead; ARGV candidate, letter → 1 when it was put back into the log for its group. */
export const retry = `${logFunctions}
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
export const stats = `
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
