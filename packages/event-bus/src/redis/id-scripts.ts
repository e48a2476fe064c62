/** Characters of the digest of a dedupe id. */
export const digestLength = 14;

/**
 * Average number of ids in a bucket, and number of parts of the window (and of the limit) in which ids are forgotten
 * together.
 */
const bucketSize = 32;
const slices = 64;

/**
 * Dedupe ids, put before scripts that store. Next to the log are
 *   ids         string  epoch, buckets, ids so far, ids forgotten so far, the highest place whose ids are forgotten, time and
 *               ids so far of the newest age, next bucket to sweep
 *   ids:<n>     hash    some ids (bucket n): digest → place of the event; of one that waits, minus the place before it
 *   ids-ages    list    `time:place:ids`, oldest first: what was stored when ids of one age began
 *
 * A field of a large hash costs Redis 70 bytes besides its text, one of a small hash nothing: so there is one small hash
 * more for each 32 ids more, which gets its ids from another one (linear hashing). No step takes long.
 */
export const idFunctions = `
local byte, ids, idsAdded, idsKey = string.byte, nil, 0, prefix .. 'ids:'
-- Forgets ids that are older than the window, or too many.
local function forgetIds(time, n, window, most)
  local ages, step = prefix .. 'ids-ages', window / ${slices}
  if ids[5] > 0 and time - ids[5] < step and ids[2] - ids[6] < math.max(1, most / ${slices}) then return end
  call('RPUSH', ages, format('%d:%d:%d', time, n, ids[2]))
  ids[5], ids[6] = time, ids[2]
  while true do
    local two = call('LRANGE', ages, 0, 1)
    if not two[2] then return end
    local began = tonumber(string.match(two[1], '^%d+'))
    local place, count = string.match(two[2], '^%d+:(%d+):(%d+)$')
    local isOld = began + step + window <= time
    if not isOld and ids[2] - ids[3] <= most then return end
    -- How old the youngest one was that is forgotten because there are too many.
    if not isOld then call('HSET', meta, 'idsCut', time - began) end
    call('LPOP', ages)
    ids[3], ids[4] = tonumber(count), tonumber(place)
  end
end
local function hashOf(digest)
  local a, b, c, d = byte(digest, 1, 4)
  return ((a * 131 + b) * 131 + c) * 131 + d
end
local function bucketOf(digest)
  local bucket = hashOf(digest) % (ids.lower * 2)
  if bucket >= ids[1] then bucket = bucket - ids.lower end
  return idsKey .. bucket
end
-- Stores an id, or returns what it leads to, 0 when that waits.
local function addId(digest, place)
  local bucket = bucketOf(digest)
  if call('HSETNX', bucket, digest, place) == 0 then
    local found = tonumber(call('HGET', bucket, digest))
    if math.abs(found) > ids[4] then return found < 0 and 0 or found end
    call('HSET', bucket, digest, place)
  end
  idsAdded = idsAdded + 1
end
local function removeIds(first, last)
  for i = first, last do idsAdded = idsAdded - call('HDEL', bucketOf(argv[i]), argv[i]) end
end
-- Stores all ids of an event, or none when one of them leads to another event: returns its place.
local function addIds(first, last, place, known)
  for i = first, last do
    local found = known[argv[i]] or addId(argv[i], place)
    if found then
      removeIds(first, i - 1)
      return found
    end
  end
end
-- Leads the id of an entry that waited to its place.
local function moveId(digest, place)
  local bucket = bucketOf(digest)
  if (tonumber(call('HGET', bucket, digest)) or 0) < 0 then call('HSET', bucket, digest, place) end
end
-- Divides the ids of a bucket between it and a new one.
local function splitIds()
  local to = ids[1]
  if to == ids.lower * 2 then ids.lower = to end
  local from, upper, rows, fields, names = idsKey .. (to - ids.lower), ids.lower * 2, nil, {}, {}
  rows = call('HGETALL', from)
  for i = 1, #rows, 2 do
    if hashOf(rows[i]) % upper == to then
      names[#names + 1] = rows[i]
      fields[#fields + 1] = rows[i]
      fields[#fields + 1] = rows[i + 1]
    end
  end
  ids[1] = to + 1
  if #names > 0 then
    call('HSET', idsKey .. to, unpack(fields))
    call('HDEL', from, unpack(names))
  end
end
-- Before so many ids more are stored.
local function openIds(epoch, time, n, window, most, incoming)
  local known, rest = string.match(call('GET', prefix .. 'ids') or '', '^(%S+) (.*)$')
  ids = {}
  for number in string.gmatch(rest or '1 0 0 0 0 0 0', '%S+') do ids[#ids + 1] = tonumber(number) end
  if known and known ~= epoch then
    -- They lead to places of another log.
    for bucket = 0, ids[1] - 1 do call('UNLINK', idsKey .. bucket) end
    call('DEL', prefix .. 'ids-ages')
    ids = {1, 0, 0, 0, 0, 0, 0}
  end
  ids.epoch, ids.lower = epoch, 1
  while ids.lower * 2 <= ids[1] do ids.lower = ids.lower * 2 end
  forgetIds(time, n, window, most)
  while ids[1] * ${bucketSize} < ids[2] - ids[3] + incoming do splitIds() end
end
local function sweepIds()
  local bucket, names = idsKey .. (ids[7] % ids[1]), {}
  local rows = call('HGETALL', bucket)
  for i = 1, #rows, 2 do
    if math.abs(tonumber(rows[i + 1])) <= ids[4] then names[#names + 1] = rows[i] end
  end
  if #names > 0 then call('HDEL', bucket, unpack(names)) end
  ids[7] = (ids[7] + 1) % ids[1]
end
local function closeIds()
  ids[2] = ids[2] + idsAdded
  if ids[4] > 0 then
    for _ = 1, math.ceil(idsAdded / 20) do sweepIds() end
  end
  call('SET', prefix .. 'ids', format('%s %d %d %d %d %d %d %d', ids.epoch, unpack(ids)))
end
-- Ids as an earlier release stored them: fields of two hashes, \`<place>:<time>\`. \`turned\` is when the first became the
-- second, so both are over when two windows have passed since.
local function findFormerIds(known, first, turned, time, window)
  if time - turned >= 2 * window then
    call('UNLINK', prefix .. 'dedupe:recent', prefix .. 'dedupe:former')
    call('HDEL', meta, 'turned')
    return
  end
  for from = first, #argv, 1000 do
    local to, names = math.min(from + 999, #argv), {}
    for i = from, to do names[#names + 1] = sub(argv[i], ${digestLength + 1}) end
    for _, hash in ipairs({'dedupe:former', 'dedupe:recent'}) do
      local values = call('HMGET', prefix .. hash, unpack(names))
      for i = 1, #names do
        local place, age = string.match(values[i] or '', '^(%d+):(%d+)$')
        if place and time - tonumber(age) < window then known[sub(argv[from + i - 1], 1, ${digestLength})] = tonumber(place) end
      end
    end
  end
end
`;
