import { followFunctions } from './follow-scripts.ts';
import { clockFunctions, logFunctions } from './log-scripts.ts';
import { ownedFunctions } from './reference-scripts.ts';

/**
 * Stores a batch of events, put before scripts. `store(at)` reads from ARGV[at]: candidate, maxlen, maximal age, window,
 * dedupe prefix, events, then per event: topic at payload key count, where key is empty or its
 * partition, three digits, `k` and the key, and a fence may follow the count after a blank; then the `count` dedupe ids of each event, one list.
 * Returns epoch, then per event its place, or minus the place of the event it repeats, or 0 when its fence does not hold.
 *
 * Dedupe ids are fields of two hashes, `<place>:<time>`: the recent one becomes the former one after each window, and
 * that one goes. A command costs about 2 µs here, a field 0.3: so few commands per event, and some per batch.
 */
export const storeFunctions = `${logFunctions}${clockFunctions}${ownedFunctions}${followFunctions}
local call, argv, log, meta = redis.call, ARGV, KEYS[1], KEYS[2]
local function holds(fence)
  local p, owner, name = string.match(fence, '^%d+:(%d+):([^:]+):(.+)$')
  return p and call('HGET', prefix .. 'o:' .. name .. ':own', string.format('%03d', tonumber(p))) == owner
end
-- Forgets keys whose newest event was cut, and references to what was cut, some at a time, once there are more of them
-- than events.
local function sweep(n)
  local first = call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
  local floor = first and tonumber(string.match(first[1], '^%d+')) or n
  local function scan(key, cursor, isGone)
    if call('HLEN', key) < n - floor + 1000 then return {} end
    local page = call('HSCAN', key, call('HGET', meta, cursor) or '0', 'COUNT', 600)
    call('HSET', meta, cursor, page[1])
    local gone = {}
    for i = 1, #page[2], 2 do
      if tonumber(isGone(page[2][i], page[2][i + 1])) < floor then gone[#gone + 1] = page[2][i] end
    end
    return gone
  end
  local keys = scan(prefix .. 'heads', 'swept', function(_, place) return place end)
  if #keys > 0 then call('HDEL', prefix .. 'heads', unpack(keys)) end
  if not ownedGroups then loadOwned() end
  for _, group in ipairs(ownedGroups) do
    local gone = scan(group.base .. 'refs', 'swept:' .. group.name, function(place) return place end)
    if #gone > 0 then
      call('HDEL', group.base .. 'refs', unpack(gone))
      call('HDEL', group.base .. 'tries', unpack(gone))
      call('HINCRBY', group.base .. 'stats', 'lost', #gone)
    end
  end
end
local function store(at)
  local window, recent, former = tonumber(argv[at + 3]), argv[at + 4] .. 'recent', argv[at + 4] .. 'former'
  local epoch = epochOf(log, meta, argv[at])
  local row = call('HMGET', meta, 'n', 'turned', 'following')
  loadFollowing(row[3])
  local before, time, out, fields = tonumber(row[1]), now(), {epoch}, {}
  local n = before
  local events = at + 6
  local ids = events + tonumber(argv[at + 5]) * 5
  local known = {}
  local function remember(values)
    for i = 1, #values do
      if values[i] then
        local place, age = string.match(values[i], '^(%d+):(%d+)$')
        if time - tonumber(age) < window then known[argv[ids + i - 1]] = tonumber(place) end
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
  local heads, changed, keys, keyOf = {}, {}, {}, {}
  for i = events, ids - 5, 5 do
    if argv[i + 3] ~= '' then
      local key = string.sub(argv[i + 3], 5)
      keyOf[i] = key
      keys[#keys + 1] = key
    end
  end
  if #keys > 0 then
    local places = call('HMGET', prefix .. 'heads', unpack(keys))
    for i = 1, #keys do heads[keys[i]] = places[i] or nil end
  end
  local stamp = string.format(':%d', time)
  local function add(i, id, key)
    if not key then
      return redis.pcall('XADD', log, id, 'v', '1', 't', argv[i], 'at', argv[i + 1], 'p', argv[i + 2])
    end
    local before = heads[key]
    if not before then
      return redis.pcall('XADD', log, id, 'v', '1', 't', argv[i], 'at', argv[i + 1], 'p', argv[i + 2], 'k', key)
    end
    return redis.pcall('XADD', log, id, 'v', '1', 't', argv[i], 'at', argv[i + 1], 'p', argv[i + 2], 'k', key, 'b', before)
  end
  local failure
  for i = events, ids - 5, 5 do
    local count, fence, seen = tonumber(argv[i + 4]), nil, nil
    if not count then
      count, fence = string.match(argv[i + 4], '^(%d+) (.*)$')
      count = tonumber(count)
    end
    local last = ids + count - 1
    for j = ids, last do seen = seen or known[argv[j]] end
    if fence and not holds(fence) then
      out[#out + 1] = 0
    elseif seen then
      out[#out + 1] = -seen
    else
      local key = keyOf[i]
      local place = string.format('%d', n + 1)
      local id = place .. '-0'
      local added = add(i, id, key)
      if type(added) == 'table' then
        -- Somebody else wrote to the log: go on after that.
        n = math.max(n, lastOf(log))
        place = string.format('%d', n + 1)
        id = place .. '-0'
        added = add(i, id, key)
      end
      if type(added) == 'table' then
        failure = added
        break
      end
      n = n + 1
      out[#out + 1] = n
      local wanted = groupsOf(argv[i])
      if #wanted > 0 then
        local reference = key and argv[i + 3] or referenceTo(n)
        for j = 1, #wanted do referFrom(wanted[j], place, reference) end
      end
      if key then
        if following then refollow(place, argv[i], key) end
        heads[key] = place
        changed[#changed + 1] = key
        changed[#changed + 1] = place
      end
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
  if #changed > 0 then call('HSET', prefix .. 'heads', unpack(changed)) end
  deliver()
  if following then bring() end
  call('XTRIM', log, 'MAXLEN', '~', argv[at + 1])
  if math.floor(n / 100) > math.floor(before / 100) then
    -- Age is looked at once in a hundred events, and cut faster than events come.
    for _ = 1, 300 do
      local first = call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
      local published = first and fieldOf(first[2], 'at')
      if not published or time - tonumber(published) <= tonumber(argv[at + 2]) then break end
      call('XDEL', log, first[1])
    end
  end
  if math.floor(n / 256) > math.floor(before / 256) then sweep(n) end
  return failure or out
end
`;

/** KEYS log meta dead; ARGV see `store`. */
export const publish = `${storeFunctions}
return store(1)
`;
