#pragma once

#include <string_view>

namespace checkrein::detail {

/// The function library of a Redis that keeps records. A number in its name changes when what it is told, or says,
/// does; two of them can be loaded beside each other.
///
/// What it is told (see `redis_plan`): KEYS: of the principal's, the tool's and the common record, as far as they
/// count, then of the metadata. What it says: 1 (done), or the time and the records for the C++ decision, or an error.
/// The arithmetic of the windows is that of rate/*.hpp where it lets in; everything else is left to the C++ decision.
/// Numbers are doubles: whoever makes a plan sees to it that nothing in it reaches 2^52, and a state that does is left
/// to C++. All plans are read once and kept, at most 1000 of them.
inline constexpr std::string_view redis_library = R"lua(#!lua name=checkrein_1
-- While a library is loaded, no function of Lua or Redis is there yet: so all of it is made at the first call.
local all
local function make()
local call, pcall = redis.call, redis.pcall
local sunpack, spack = struct.unpack, struct.pack
local sub, rep, unpack, tonumber = string.sub, string.rep, unpack, tonumber
local floor, ceil, max, band = math.floor, math.ceil, math.max, bit.band
local TOP = 4503599627370496  -- 2^52
local DAY = 86400000000

local HARD, SMOOTH, EXACT, DAILY, MONTHLY, RUNNING = 0, 1, 2, 3, 4, 5

local function read_window(n, i, formats, at)
  local w = {bit = n[i], kind = n[i + 1], size = n[i + 2], limit = n[i + 3], period = n[i + 4], weight = n[i + 7], at = at}
  if w.kind <= SMOOTH then
    w.kind, w.slack, w.step = HARD, (n[i + 6] - w.weight) * n[i + 5], w.weight * n[i + 5]
  end
  if w.kind == DAILY or w.kind == MONTHLY then
    formats[#formats + 1] = 'I4I4'
    return w, at + 2
  end
  if w.kind == EXACT then  -- stays a string: of a log only two or three numbers are looked at
    w.length = w.size / 8 - 1
    formats[#formats + 1] = 'c' .. w.size
    return w, at + 1
  end
  w.count = w.size / 8
  formats[#formats + 1] = rep('i8', w.count)
  return w, at + w.count
end

-- The name of a layout in the metadata.
local function field_of(tag) return 'layout:' .. string.format('%02x%02x%02x%02x', string.byte(tag, 1, 4)) end

local plans, kept_plans = {}, 0
local function read_plan(text)
  local n, count = {}, 0
  for word in string.gmatch(text, '%d+') do
    count = count + 1
    n[count] = tonumber(word)
  end
  local plan = {tag = spack('<I4', n[1]), charges = n[2] == 1, create = n[3] == 1, is_client = n[4] == 1}
  local i = 5
  while i <= count do
    local r = {size = n[i], kept = n[i + 1], allowed = n[i + 2], ttl = n[i + 3] > 0 and tostring(n[i + 3]), windows = {}}
    local left = n[i + 4]
    i = i + 5
    r.clean = plan.tag .. rep('\0', r.kept)
    r.fresh = plan.tag .. rep('\0', r.size - 4)
    local formats, at, offset = {'<c' .. (4 + r.kept)}, 2, 4 + r.kept
    for k = 1, left do
      if n[i] > offset then
        formats[#formats + 1] = 'c' .. (n[i] - offset)
        at = at + 1
      end
      offset = n[i] + n[i + 3]
      r.windows[k], at = read_window(n, i + 1, formats, at)
      i = i + 9
    end
    if r.size > offset then formats[#formats + 1] = 'c' .. (r.size - offset) end
    r.format = table.concat(formats)
    plan[#plan + 1] = r
  end
  if kept_plans >= 1000 then plans, kept_plans = {}, 0 end
  plan.field = field_of(plan.tag)
  plans[text], kept_plans = plan, kept_plans + 1
  return plan
end

local month_day, month_number = -1, 0
local function month_of(day)
  if day ~= month_day then  -- see "days to civil", era by era; valid from 1970 on
    local z = day + 719468
    local era = floor(z / 146097)
    local doe = z - era * 146097
    local yoe = floor((doe - floor(doe / 1460) + floor(doe / 36524) - floor(doe / 146096)) / 365)
    local doy = doe - (365 * yoe + floor(yoe / 4) - floor(yoe / 100))
    local mp = floor((5 * doy + 2) / 153)
    month_day, month_number = day, (yoe + era * 400 - 1970) * 12 + mp + 2
  end
  return month_number
end

-- Whether one more fits; counts it in f. `now` is rounded down, `up` rounded up.
local function fits(w, f, now, up)
  local at, kind = w.at, w.kind
  if kind == HARD then
    local state = f[at]
    if w.slack < 0 or state > now + w.slack then return false end
    f[at] = (state > up and state or up) + w.step
    return true
  end
  if kind == EXACT then
    local log, length = f[at], w.length
    local next = sunpack('<i8', log, 8 * length + 1)
    if w.weight > w.limit or next < 0 or next >= length then return false end
    local newest = sunpack('<i8', log, (next + length - 1) % length * 8 + 1)
    local oldest = sunpack('<i8', log, (next + length - (w.limit - w.weight + 1)) % length * 8 + 1)
    if newest > up or newest < 0 or (oldest ~= 0 and oldest + w.period > now) then return false end
    local time = spack('<i8', max(newest, up, 1))
    for _ = 1, w.weight do
      log = sub(log, 1, 8 * next) .. time .. sub(log, 8 * next + 9)
      next = (next + 1) % length
    end
    f[at] = sub(log, 1, 8 * length) .. spack('<i8', next)
    return true
  end
  if kind == RUNNING then
    local running, first = 0, at
    for i = at, at + w.count - 1 do
      local stop = f[i]
      if stop > up + w.period or stop < 0 then return false end
      if stop > now then running = running + 1 end
      if stop < f[first] then first = i end
    end
    if running >= w.limit then return false end
    f[first] = up + w.period
    return true
  end
  local period = floor(now / DAY)
  if kind == MONTHLY then period = month_of(period) end
  if f[at] > period or w.weight > w.limit then return false end
  local count = f[at] < period and 0 or f[at + 1]
  if count + w.weight > w.limit then return false end
  f[at], f[at + 1] = period, count + w.weight
  return true
end

-- Whether a window that is not looked at is written again as it was.
local function is_exact(w, f)
  if w.kind ~= HARD and w.kind ~= RUNNING then return true end
  for i = w.at, w.at + w.count - 1 do
    if f[i] < 0 or f[i] >= TOP then return false end
  end
  return true
end

local function answer(time, values)
  local out = {time[1], time[2]}
  for i = 1, #values do out[i + 2] = values[i] end
  return out
end

local function empty() return redis.error_reply('CHECKREIN_EMPTY no store is set up here') end
-- A store that is there, but does not know the layout, was emptied and set up anew.
local function lost(meta)
  if call('EXISTS', meta) == 0 then return empty() end
  return redis.error_reply('CHECKREIN_ANEW the store was set up anew')
end

-- A server that was fit when somebody connected may be made to evict, or a replica, later on. Looked at once a second.
local looked_at, unfit = '', nil
local function is_unfit(time)
  if time[1] ~= looked_at then
    looked_at, unfit = time[1], nil
    local info = '\n' .. call('INFO', 'memory', 'replication')
    local function has(line) return string.find(info, line, 1, true) end
    if not has('\nmaxmemory:0\r') and not has('\nmaxmemory_policy:noeviction\r') then
      unfit = 'CHECKREIN_EVICTS the server forgets records when its memory is full: set maxmemory-policy noeviction'
    elseif not has('\nrole:master\r') then
      unfit = 'CHECKREIN_REPLICA the server is a replica: it keeps nothing that it is told'
    end
  end
  return unfit
end

-- The values, and whether one is missing; or nothing, and the error: what is no string is as damaged as one of another
-- size. MGET says of such a key that there is none.
local function read_values(keys)
  local count, values, missing = #keys - 1, nil, false
  if count > 1 then values = call('MGET', unpack(keys, 1, count)) else values = {} end
  for i = 1, count do
    if not values[i] then
      local value = pcall('GET', keys[i])
      if type(value) == 'table' then
        if sub(value.err, 1, 9) ~= 'WRONGTYPE' then return nil, value end
        return nil, redis.error_reply('CHECKREIN_DAMAGED a record is of another type')
      end
      values[i] = value
      missing = missing or not value
    end
  end
  return values, missing
end

-- ARGV: the plan; for tests, the time in us, rounded down and up.
local function request(keys, args)
  local plan = plans[args[1]] or read_plan(args[1])
  local time = call('TIME')
  local now = time[1] * 1000000 + time[2]
  local up = now
  if args[2] then now, up = tonumber(args[2]), tonumber(args[3]) end
  if is_unfit(time) then return redis.error_reply(unfit) end
  local values, missing = read_values(keys)
  if not values then return missing end
  -- Where nothing is missing somebody has written with this tag since the store was set up, and so had registered it.
  if missing and call('HEXISTS', keys[#keys], plan.field) == 0 then return lost(keys[#keys]) end
  if up >= TOP then return answer(time, values) end

  local fields, mask = {}, 0
  for i = 1, #values do
    local r, value = plan[i], values[i]
    local record = value or ((i > 1 or plan.create) and r.fresh)
    if record then
      if #record ~= r.size then return answer(time, values) end
      local f = {sunpack(r.format, record)}
      local head = f[1]
      if head ~= r.clean then
        if sub(head, 1, 4) ~= plan.tag then return answer(time, values) end
        if i == 1 then  -- tools and all have no ladder
          local points, _, stop, rung, repeats = sunpack('<I4I4I4BB', head, 5)
          local holds = false
          if r.allowed > 0 then
            local allowed_until, windows = sunpack('<I4I4', head, r.allowed + 1)
            holds = ceil(up / 1000000) < allowed_until
            if holds then mask = windows end
          end
          -- An operator's ban (the highest bit) holds for those on the allow-list, too.
          if not (plan.is_client and holds and repeats < 128) and stop * 1000000 > now then return answer(time, values) end
          f.keeps = points > 0 or stop > 0 or rung > 0 or sub(head, 21) ~= sub(r.clean, 21)
        end
      end
      for k = 1, #r.windows do
        local w = r.windows[k]
        if mask == 0 or w.bit == 0 or band(mask, w.bit) == 0 then
          if not fits(w, f, now, up) then return answer(time, values) end
          f.changed = true
        elseif not is_exact(w, f) then
          return answer(time, values)
        end
      end
      fields[i] = f
    end
  end

  if plan.charges then
    for i = 1, #values do
      local f, r = fields[i], plan[i]
      if f and f.changed then
        if r.ttl and not f.keeps then
          call('SET', keys[i], spack(r.format, unpack(f)), 'PX', r.ttl)
        else
          call('SET', keys[i], spack(r.format, unpack(f)))
        end
      end
    end
  end
  return 1
end

local function read(keys)
  local time = call('TIME')
  if is_unfit(time) then return redis.error_reply(unfit) end
  local values, missing = read_values(keys)
  if not values then return missing end
  if missing and call('EXISTS', keys[#keys]) == 0 then return empty() end
  return answer(time, values)
end

-- ARGV: of each record what it was, what it becomes (empty: nothing), and for how many ms (0: for good).
local function commit(keys, args)
  local values, damaged = read_values(keys)
  if not values then return damaged end
  local meta, tag = keys[#keys], ''
  for i = 1, #values do tag = tag ~= '' and tag or sub(args[3 * i - 1], 1, 4) end
  if tag == '' then
    if call('EXISTS', meta) == 0 then return empty() end
  elseif call('HEXISTS', meta, field_of(tag)) == 0 then
    return lost(meta)
  end
  for i = 1, #values do
    if (values[i] or '') ~= args[3 * i - 2] then return answer(call('TIME'), values) end
  end
  for i = 1, #values do
    local becomes, ttl = args[3 * i - 1], args[3 * i]
    if becomes == '' then
      call('DEL', keys[i])
    elseif becomes ~= args[3 * i - 2] then
      if ttl == '0' then call('SET', keys[i], becomes) else call('SET', keys[i], becomes, 'PX', ttl) end
    end
  end
  return 1
end

-- ARGV: schema, check of the identity key, tag of the layout, its text. Says tags and texts of all layouts.
local function open(keys, args)
  local meta = keys[1]
  local schema = call('HGET', meta, 'schema')
  if not schema then return empty() end
  if schema ~= args[1] then return redis.error_reply('CHECKREIN_SCHEMA ' .. schema) end
  call('HSETNX', meta, 'key', args[2])
  if call('HGET', meta, 'key') ~= args[2] then return redis.error_reply('CHECKREIN_KEY records are kept under another key') end
  call('HSETNX', meta, 'layout:' .. args[3], args[4])
  if call('HGET', meta, 'layout:' .. args[3]) ~= args[4] then return redis.error_reply('CHECKREIN_LAYOUT two have one tag') end
  local out, all = {}, call('HGETALL', meta)
  for i = 1, #all, 2 do
    if sub(all[i], 1, 7) == 'layout:' then
      out[#out + 1] = sub(all[i], 8)
      out[#out + 1] = all[i + 1]
    end
  end
  return out
end

local function create(keys, args)
  call('HSETNX', keys[1], 'schema', args[1])
  return 1
end
return {request = request, read = read, commit = commit, open = open, create = create}
end
local function get()
  all = all or make()
  return all
end

redis.register_function('checkrein_request_1', function(keys, args) return get().request(keys, args) end)
redis.register_function{
  function_name = 'checkrein_read_1', callback = function(keys) return get().read(keys) end, flags = {'no-writes'}}
redis.register_function('checkrein_commit_1', function(keys, args) return get().commit(keys, args) end)
redis.register_function('checkrein_open_1', function(keys, args) return get().open(keys, args) end)
redis.register_function('checkrein_create_1', function(keys, args) return get().create(keys, args) end)
)lua";

}  // namespace checkrein::detail
