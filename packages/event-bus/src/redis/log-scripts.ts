import { ownedFunctions } from './reference-scripts.ts';

/**
 * Steps on the log in Redis that must be atomic, as Lua. All keys of one bus share the hash tag `{prefix}`.
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
-- After the last entry, also when another program wrote it; returns its place.
local function append(log, meta, fields)
  local n = tonumber(redis.call('HGET', meta, 'n') or '0') + 1
  local added = redis.pcall('XADD', log, string.format('%d-0', n), unpack(fields))
  if type(added) == 'table' then
    n = math.max(n, lastOf(log) + 1)
    redis.call('XADD', log, string.format('%d-0', n), unpack(fields))
  end
  redis.call('HSET', meta, 'n', string.format('%d', n))
  return n
end
-- The lowest place that is kept. Where a key was forgotten at the beginning of the log, nothing was cut: \`erased\` says
-- from where on, and what is first since.
local function firstOf(log, meta, n)
  local entry = redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
  local first = entry and tonumber(string.match(entry[1], '^%d+')) or n + 1
  local from, to = string.match(redis.call('HGET', meta, 'erased') or '', '^(%d+):(%d+)$')
  if tonumber(to) == first then return tonumber(from), first end
  return first, first
end
local function endOrdered(base)
  for _, lane in ipairs(redis.call('HKEYS', base .. ':active')) do redis.call('UNLINK', base .. ':wait:' .. lane) end
  for _, consumer in ipairs(redis.call('HKEYS', base .. ':beats')) do redis.call('UNLINK', base .. ':ready:' .. consumer) end
  for _, part in ipairs({'beats', 'tries', 'lane', 'owner', 'seen', 'active', 'later', 'stats'}) do redis.call('UNLINK', base .. ':' .. part) end
end
local function epochOf(log, meta, candidate)
  local epoch = redis.call('HGET', meta, 'epoch')
  if epoch then return epoch end
  local n = lastOf(log)
  redis.call('HSET', meta, 'epoch', candidate, 'n', n)
  -- What refers to places of a log before is not of this one.
  local before = string.sub(log, 1, -4)
  redis.call('UNLINK', before .. 'heads')
  for _, name in ipairs(redis.call('SMEMBERS', before .. 'groups')) do
    if tonumber(redis.call('HGET', before .. 'g:' .. name .. ':stats', 'cursor') or '0') > n then
      endOrdered(before .. 'g:' .. name)
      redis.pcall('XGROUP', 'DESTROY', log, name)
    end
  end
  local owned = redis.call('HKEYS', before .. 'owned')
  for _, name in ipairs(owned) do
    redis.call('UNLINK', before .. 'o:' .. name .. ':refs', before .. 'o:' .. name .. ':tries')
  end
  return candidate
end
`;

/** Dead letters, put before scripts; KEYS log meta dead. */
export const letterFunctions = `
-- Keeps a letter. Returns its id, and that of the one that is dropped for it.
local function bury(fields, most)
  local oldest = redis.call('XLEN', KEYS[3]) >= tonumber(most) and redis.call('XRANGE', KEYS[3], '-', '+', 'COUNT', 1)[1]
  return redis.call('XADD', KEYS[3], 'MAXLEN', most, '*', unpack(fields)), oldest and oldest[1]
end
`;

/** How many events a group lost, put before scripts. `reported` in its numbers is how many of `lost` were reported. */
export const cutFunctions = `
local function newlyLost(stats)
  local row = redis.call('HMGET', stats, 'lost', 'reported')
  local count = tonumber(row[1] or '0') - tonumber(row[2] or '0')
  if count <= 0 then return false end
  redis.call('HSET', stats, 'reported', row[1])
  return count
end
`;

/** The server's clock in milliseconds, put before scripts. */
export const clockFunctions = `
local function now()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end
`;

/**
 * Where a group starts, put before scripts: at a place, at `new`, or at `<epoch>:<place>`, which means 0 in another
 * epoch.
 */
export const startFunctions = `
local function startOf(meta, start)
  if start == 'new' then return redis.call('HGET', meta, 'n') or '0' end
  local epoch, place = string.match(start, '^(.*):(%d+)$')
  if not epoch then return start end
  return epoch == redis.call('HGET', meta, 'epoch') and place or '0'
end
`;

/**
 * KEYS log meta; ARGV candidate epoch, highest place and epoch known here, writer that has ended → epoch, last place, 1
 * when there are dedupe ids of an earlier release.
 */
export const check = `${logFunctions}
local epoch = epochOf(KEYS[1], KEYS[2], ARGV[1])
local n = tonumber(redis.call('HGET', KEYS[2], 'n'))
-- The server came back with older data: places that were given out before are not given out again.
if n < tonumber(ARGV[2]) and ARGV[3] == epoch then
  n = tonumber(ARGV[2]) + 1000
  redis.call('HSET', KEYS[2], 'n', n)
end
if ARGV[4] ~= '' then redis.call('HSET', KEYS[2], ARGV[4], -1) end
return {epoch, n, redis.call('HEXISTS', KEYS[2], 'turned')}
`;

/** KEYS log meta dead; ARGV candidate, letter → 1 when it was put back into the log for its group. */
export const retry = `${logFunctions}${ownedFunctions}
local letter = redis.call('XRANGE', KEYS[3], ARGV[2], ARGV[2])[1]
if not letter then return 0 end
epochOf(KEYS[1], KEYS[2], ARGV[1])
local row, origin, only, key = {}, nil, nil, nil
for i = 1, #letter[2], 2 do
  local name, value = letter[2][i], letter[2][i + 1]
  if name == '_group' then
    only = value
    row[#row + 1] = 'g'
    row[#row + 1] = value
  elseif name == '_id' then
    origin = origin or string.match(value, '^%d+')
  elseif name == 'o' then
    origin = value
  elseif name == 'k' then
    key = value
  elseif string.sub(name, 1, 1) ~= '_' and name ~= 'g' and name ~= 'b' then
    row[#row + 1] = name
    row[#row + 1] = value
  end
end
row[#row + 1] = 'o'
row[#row + 1] = origin
if redis.call('HEXISTS', prefix .. 'owned', only) == 0 and redis.call('SISMEMBER', prefix .. 'groups', only) == 0 then
  return 0
end
redis.call('XDEL', KEYS[3], ARGV[2])
local n = appendKeyed(KEYS[1], KEYS[2], row, key)
if redis.call('HEXISTS', prefix .. 'owned', only) == 1 then
  referFrom(listOf(prefix .. 'o:' .. only .. ':'), string.format('%d', n), referenceTo(n, key))
  deliver()
end
return 1
`;

/**
 * KEYS log meta dead; ARGV set of groups, base prefix → depth, delayed, dead letters, per group: name cursor-lag
 * pending counts.
 */
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
local prefix = string.sub(KEYS[1], 1, -4)
for _, group in ipairs(redis.call('HKEYS', prefix .. 'owned')) do
  local base = prefix .. 'o:' .. group .. ':'
  local row = redis.call('HMGET', base .. 'stats', 'redeliveries', 'dead', 'lost')
  local waiting, started = redis.call('HLEN', base .. 'refs'), redis.call('HLEN', base .. 'tries')
  groups[#groups + 1] = {group, math.max(0, waiting - started), started, tonumber(row[1] or '0'), tonumber(row[2] or '0'), tonumber(row[3] or '0')}
end
return {redis.call('XLEN', KEYS[1]), redis.call('ZCARD', prefix .. 'delayed'), redis.call('XLEN', KEYS[3]), groups}
`;

/**
 * KEYS log meta dead; ARGV time to live → number of groups that ended. `used` in the numbers of a group is when a
 * consumer of it was last connected, by the server's clock; for a group that is older than this number, it begins now.
 */
export const endGroups = `${clockFunctions}${logFunctions}
local prefix, time, ended = string.sub(KEYS[1], 1, -4), now(), 0
-- Every process that ever wrote has left its number. One that lives starts again with a new number.
if redis.call('HLEN', KEYS[2]) > 1000 then
  for _, name in ipairs(redis.call('HKEYS', KEYS[2])) do
    if string.sub(name, 1, 7) == 'writer:' then redis.call('HDEL', KEYS[2], name) end
  end
end
local function isOver(stats)
  local used = tonumber(redis.call('HGET', stats, 'used') or '0')
  if used == 0 then redis.call('HSET', stats, 'used', time) end
  return used > 0 and time - used >= tonumber(ARGV[1])
end
for _, name in ipairs(redis.call('SMEMBERS', prefix .. 'groups')) do
  local base = prefix .. 'g:' .. name
  if isOver(base .. ':stats') then
    ended = ended + 1
    endOrdered(base)
    redis.pcall('XGROUP', 'DESTROY', KEYS[1], name)
    redis.call('SREM', prefix .. 'groups', name)
  end
end
for _, name in ipairs(redis.call('HKEYS', prefix .. 'owned')) do
  local base = prefix .. 'o:' .. name .. ':'
  if isOver(base .. 'stats') then
    ended = ended + 1
    for _, owner in ipairs(redis.call('HKEYS', base .. 'beats')) do redis.call('UNLINK', base .. 'in:' .. owner) end
    for _, part in ipairs({'refs', 'own', 'want', 'beats', 'leaving', 'tries', 'state', 'stats'}) do redis.call('UNLINK', base .. part) end
    redis.call('HDEL', prefix .. 'owned', name)
  end
end
return ended
`;
