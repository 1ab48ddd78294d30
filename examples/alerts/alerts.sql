-- A line for each time when a monitor was down in two slots in a row, was up again, or
-- was not measured, in the last day:
--
--   psql -qXAt -f alerts.sql postgres://monitorink@127.0.0.1:5432/monitorink
--   psql -qXAt -v since=2026-11-23 -f alerts.sql postgres://…      from that day on
--   psql -qXAt -v source=topic -f alerts.sql "$DATABASE"           over what topic.sh has loaded
\set ON_ERROR_STOP on
\if :{?since} \else \set since yesterday
\endif
\if :{?source} \else \set source public
\endif
set search_path = :source;
set timezone = 'UTC';

with slot as ( -- its last attempt decides
  select distinct on (monitor, location, scheduled) monitor, location, scheduled, state, error, message, url
  from measurements where scheduled >= :'since'::timestamptz
  order by monitor, location, scheduled, attempt desc
), numbered as ( -- what is down between two slots that are up has one number
  select *, count(*) filter (where state = 'up') over (partition by monitor, location order by scheduled) as run from slot
), counted as ( -- slots in a row that are down; what was not measured does not end a row
  select *, count(*) filter (where state = 'down') over (partition by monitor, location, run order by scheduled) as down from numbered
), compared as (
  select *, lag(down, 1, 0::bigint) over (partition by monitor, location order by scheduled) as before from counted
), told as (
  select scheduled as at, monitor, location, format('DOWN in %s slots: %s: %s (%s)', down, error, message, url) as what
  from compared where state = 'down' and down = 2
  union all
  select scheduled, monitor, location, format('UP after %s slots', before) from compared where state = 'up' and before >= 2
  union all
  select first_at, monitor, location, format('UNKNOWN in %s slots: %s', slots, reason)
  from gaps where last_at >= :'since'::timestamptz and reason <> 'paused'
)
select format('%s %s@%s %s', to_char(at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), monitor, location, what)
from told order by at, monitor, location, what;
