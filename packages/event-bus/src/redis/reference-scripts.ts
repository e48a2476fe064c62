/** Tests of topics, put before scripts. */
export const matchFunctions = `
local function split(text)
  local parts = {}
  for part in string.gmatch(text, '[^:]+') do parts[#parts + 1] = part end
  return parts
end
local function alternativeOf(pattern)
  local wanted = split(pattern)
  local open = wanted[#wanted] == '**'
  if open then wanted[#wanted] = nil end
  return function(topic)
    -- No wildcard brings the bus's own topics.
    if (wanted[1] or '*') == '*' and string.sub(topic, 1, 1) == '$' then return false end
    local parts = split(topic)
    if open and #parts <= #wanted or not open and #parts ~= #wanted then return false end
    for i = 1, #wanted do
      if wanted[i] ~= '*' and wanted[i] ~= parts[i] then return false end
    end
    return true
  end
end
-- Alternatives have a blank between.
local function matcherOf(pattern)
  local some = {}
  for one in string.gmatch(pattern, '[^ ]+') do some[#some + 1] = alternativeOf(one) end
  if #some == 1 then return some[1] end
  return function(topic)
    for i = 1, #some do
      if some[i](topic) then return true end
    end
    return false
  end
end
`;

/**
 * Owned groups, put before scripts that write to the log. Next to the log are
 *   owned        hash  owned group → its pattern
 *   heads        hash  key → place of its newest event; each event names the one before it (`b`)
 *   o:<group>:…  see owner-scripts
 * Whatever stores an event writes a reference to it for each owned group that wants it, in the same step: a field of one
 * hash (`refs`, place → partition, three digits, and `k` and the key), and for its owner an entry of its inbox. Both are
 * written once per batch, as a command costs several times what a field costs.
 */
export const ownedFunctions = `${matchFunctions}
local prefix = string.sub(KEYS[1], 1, -4)
local ownedGroups
local function loadOwned()
  ownedGroups = {}
  local row = redis.call('HGETALL', prefix .. 'owned')
  for i = 1, #row, 2 do
    ownedGroups[#ownedGroups + 1] = {name = row[i], base = prefix .. 'o:' .. row[i] .. ':', matches = matcherOf(row[i + 1])}
  end
end
-- As partitionOf in partition.ts.
local function partitionOf(key)
  local hash = 0
  for i = 1, #key do hash = (hash * 65599 + string.byte(key, i)) % 4294967296 end
  return math.floor(hash % 65521 * 40503 % 65536 / 256)
end
local function referenceTo(n, key)
  if key then return string.format('%03dk', partitionOf(key)) .. key end
  return string.format('%03d', n * 157 % 256)
end
local wanting, references = {}, {}
-- The references of a group that this script writes: place, reference, and so on, \`n\` in all.
local function listOf(base)
  references[base] = references[base] or {n = 0}
  return references[base]
end
-- The lists of the groups that want a topic; all of them get a reference.
local function listsOf(topic)
  if not ownedGroups then loadOwned() end
  local found = {}
  for i = 1, #ownedGroups do
    if ownedGroups[i].matches(topic) then found[#found + 1] = listOf(ownedGroups[i].base) end
  end
  wanting[topic] = found
  return found
end
local function referFrom(list, place, reference)
  local n = list.n
  list[n + 1], list[n + 2], list.n = place, reference, n + 2
end
-- Tells the owners of a group of references.
local function tellOwners(base, list)
  local parts, inboxes, sub = {}, {}, string.sub
  for i = 2, list.n, 2 do parts[i / 2] = sub(list[i], 1, 3) end
  local owners = redis.call('HMGET', base .. 'own', unpack(parts))
  for i = 1, #parts do
    if owners[i] then
      local server = sub(owners[i], 1, 36)
      local inbox = inboxes[server]
      if not inbox then
        inbox = {}
        inboxes[server] = inbox
      end
      inbox[#inbox + 1] = list[i * 2 - 1]
      inbox[#inbox + 1] = list[i * 2]
    end
  end
  for server, inbox in pairs(inboxes) do redis.call('XADD', base .. 'in:' .. server, '*', unpack(inbox)) end
end
-- Writes the references of this script's events.
local function deliver()
  for base, list in pairs(references) do
    redis.call('HSET', base .. 'refs', unpack(list))
    if redis.call('EXISTS', base .. 'own') == 1 then tellOwners(base, list) end
  end
end
-- Appends an event, with a key's chain where it has one; returns its place.
local function appendKeyed(log, meta, fields, key)
  if key then
    local before = redis.call('HGET', prefix .. 'heads', key)
    for _, field in ipairs(before and {'k', key, 'b', before} or {'k', key}) do fields[#fields + 1] = field end
  end
  local n = append(log, meta, fields)
  if key then redis.call('HSET', prefix .. 'heads', key, string.format('%d', n)) end
  return n
end
local function refer(n, topic, key)
  for _, list in ipairs(wanting[topic] or listsOf(topic)) do referFrom(list, string.format('%d', n), referenceTo(n, key)) end
  deliver()
end
`;
