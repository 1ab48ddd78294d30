-- For people: everything by name.

create view measurements as
select s.monitor, s.location, m.scheduled, m.attempt,
  case when m.error is null then 'up' else 'down' end as state,
  m.error, m.detail ->> 'phase' as error_phase, m.detail ->> 'message' as message,
  m.status, p.method, p.url,
  m.total_us, m.dns_us, m.connect_us, m.tls_us, m.request_us, m.first_byte_us, m.transfer_us,
  m.body_bytes, coalesce((m.detail ->> 'redirects')::bigint, 0) as redirects,
  m.remote, p.port, p.protocol, p.tls_version, p.tls_expires_at,
  m.started, m.late_us, m.degraded_us, p.instance, p.version,
  p.expectations, m.detail, m.series
from measurement m
join series s on s.id = m.series
join profile p on p.id = m.profile;
comment on view measurements is 'every measurement; bound scheduled in a query, so that only its days are read';

create view gaps as
select s.monitor, s.location, g.first_at, g.last_at, g.slots, g.reason, g.instance, g.version, g.series
from gap g
join series s on s.id = g.series;
comment on view gaps is 'every gap: slots that were not measured, and why';

create view registrations as
select s.monitor, s.location, r.from_at, e ->> 'version' as version, e ->> 'instance' as instance,
  coalesce((e ->> 'removed')::boolean, false) as removed, coalesce((e ->> 'paused')::boolean, false) as paused,
  (e ->> 'every_us')::bigint as every_us, e ->> 'cron' as cron, e ->> 'timezone' as timezone,
  (e ->> 'timeout_us')::bigint as timeout_us, e ->> 'method' as method, e ->> 'url' as url, e -> 'labels' as labels, r.series
from registration r
join series s on s.id = r.series
cross join lateral (select r.event::jsonb) as j (e);
comment on view registrations is 'the history of every monitor''s definition';
