/** Who owns what in an owned group, put before scripts, after `ownedGroup` and `now`. */
export const planFunctions = `
local function mapOf(rows)
  local map = {}
  for i = 1, #rows, 2 do map[rows[i]] = rows[i + 1] end
  return map
end
local rung = {}
local function tell(server)
  if not rung[server] then ring(server) end
  rung[server] = true
end
local token
local function give(p, server)
  -- Also after older data came back no token is given out twice: it follows the clock.
  token = math.max((token or tonumber(redis.call('HGET', base .. 'stats', 'token') or '0')) + 1, now())
  redis.call('HSET', base .. 'stats', 'token', string.format('%d', token))
  redis.call('HSET', base .. 'own', p, string.format('%s#%d', server, token))
  redis.call('HDEL', base .. 'want', p)
  tell(server)
end
-- What has no owner goes to those that have least; as few others move as make the counts equal.
local function plan()
  local beats, leaving = mapOf(redis.call('HGETALL', base .. 'beats')), mapOf(redis.call('HGETALL', base .. 'leaving'))
  local own, want = mapOf(redis.call('HGETALL', base .. 'own')), mapOf(redis.call('HGETALL', base .. 'want'))
  local load, movable, servers = {}, {}, {}
  for server in pairs(beats) do
    if not leaving[server] then servers[#servers + 1] = server end
  end
  table.sort(servers)
  for _, server in ipairs(servers) do
    load[server] = 0
    movable[server] = {}
  end
  local function least()
    local best = servers[1]
    for _, server in ipairs(servers) do
      if load[server] < load[best] then best = server end
    end
    return best
  end
  local homeless = {}
  for i = 0, 255 do
    local p = string.format('%03d', i)
    local owner = own[p] and string.match(own[p], '^(.*)#')
    local aim = want[p]
    if aim and not load[aim] then
      redis.call('HDEL', base .. 'want', p)
      aim = nil
    end
    if owner and not beats[owner] then
      redis.call('HDEL', base .. 'own', p)
      owner = nil
    end
    if aim then
      load[aim] = load[aim] + 1
      if not owner then
        give(p, aim)
        owner = aim
      end
      table.insert(movable[aim], {p, owner})
    elseif owner and load[owner] then
      load[owner] = load[owner] + 1
      table.insert(movable[owner], {p, owner})
    else
      homeless[#homeless + 1] = {p, owner}
    end
  end
  if #servers == 0 then
    redis.call('HDEL', base .. 'own', 'long')
    return
  end
  -- One long value makes Redis keep a hash table. In a list, as it keeps up to 512 short ones, storing an event for the
  -- group took 1 µs more to find its owner.
  redis.call('HSETNX', base .. 'own', 'long', string.rep('-', 65))
  local function move(p, owner, server)
    load[server] = load[server] + 1
    if not owner then return give(p, server) end
    if owner == server then return redis.call('HDEL', base .. 'want', p) end
    redis.call('HSET', base .. 'want', p, server)
    tell(owner)
  end
  for _, row in ipairs(homeless) do move(row[1], row[2], least()) end
  while true do
    local most = servers[1]
    for _, server in ipairs(servers) do
      if load[server] > load[most] then most = server end
    end
    local to = least()
    if load[most] - load[to] <= 1 or #movable[most] == 0 then return end
    load[most] = load[most] - 1
    local row = table.remove(movable[most])
    move(row[1], row[2], to)
  end
end
`;
