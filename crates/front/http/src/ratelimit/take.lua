-- Takes from all buckets of a request, or from none. The same arithmetic as gcra.rs.
-- KEYS: a bucket each.
-- ARGV: the time in microseconds (0: this server's), and for each bucket: "r", interval in microseconds, burst, cost;
--       or "w", limit, length in microseconds, cost.
-- Answers 1 or 0 for all, and for each bucket: wait, remaining, reset, used.
local now = tonumber(ARGV[1])
if now == 0 then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000000 + tonumber(time[2])
end
local found = redis.call('MGET', unpack(KEYS))
local plan, admitted = {}, 1
for i = 1, #KEYS do
  local at = 4 * i - 2
  local kind, a, b, cost = ARGV[at], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  if kind == 'r' then
    local room = a * b
    local full = math.max(now, math.min(tonumber(found[i] or '') or 0, now + room))
    local after = full + a * math.min(cost, b)
    local wait = math.max(0, after - now - room)
    plan[i] = {
      wait = wait, value = string.format('%.0f', after), live = after - now,
      left = { math.floor((room - (full - now)) / a), full - now, 0 },
      taken = { math.floor((room - (after - now)) / a), after - now, 0 },
    }
    if wait > 0 then admitted = 0 end
  else
    local used, ends = string.match(found[i] or '', '^(%d+):(%d+)$')
    used, ends = tonumber(used), tonumber(ends)
    if not ends or ends <= now then
      used, ends = 0, now + b
    end
    ends = math.min(ends, now + b)
    local wait = 0
    if used + cost > a then
      wait, admitted = math.max(1, ends - now), 0
    end
    plan[i] = {
      wait = wait, value = string.format('%.0f:%.0f', used + cost, ends), live = ends - now,
      left = { math.max(0, a - used), ends - now, used },
      taken = { math.max(0, a - used - cost), ends - now, used + cost },
    }
  end
end
local answer = { admitted }
for i = 1, #KEYS do
  local bucket = plan[i]
  local level = bucket.left
  if admitted == 1 then
    level = bucket.taken
    -- A second more than it lives: what has run out says the same as what is not there.
    redis.call('SET', KEYS[i], bucket.value, 'PX', string.format('%.0f', math.ceil(bucket.live / 1000) + 1000))
  end
  answer[#answer + 1] = bucket.wait
  answer[#answer + 1] = level[1]
  answer[#answer + 1] = level[2]
  answer[#answer + 1] = level[3]
end
return answer
