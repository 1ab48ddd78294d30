-- The topic in a database of any kind of Postgres from 14 on: its messages as they came, and views of them that
-- are named like those of Monitorink's own database. topic.sh runs this, and loads.
\set ON_ERROR_STOP on
set client_min_messages = warning;
create schema if not exists topic;
set search_path = topic;

create table if not exists message (
  partition integer,
  "offset" bigint,
  value text, -- of messages of strangers anything
  primary key (partition, "offset") -- a message that is loaded twice is there once
);

create or replace function parsed(value text) returns jsonb language plpgsql immutable as $$
begin
  return value::jsonb;
exception when others then -- it is no JSON
  return null;
end $$;

create or replace view event as
select partition, "offset", e, e ->> 'schema' as schema, e ->> 'monitor' as monitor, e ->> 'location' as location
from message, parsed(value) e;

-- An event that came twice is one: what is the same by its identity is taken once. Within a major form, such as
-- measurement/1 and measurement/1.4, fields are only added.
create or replace view measurements as
select distinct on (monitor, location, scheduled, attempt) monitor, location,
  (e ->> 'scheduled_at')::timestamptz as scheduled, (e ->> 'attempt')::integer as attempt, e ->> 'state' as state,
  e #>> '{error,kind}' as error, e #>> '{error,message}' as message, e ->> 'url' as url,
  (e #>> '{http,status}')::integer as status, (e #>> '{phases,total_us}')::bigint as total_us,
  (e ->> 'started_at')::timestamptz as started
from event where schema ~ '^measurement/1(\.|$)'
order by monitor, location, scheduled, attempt, started; -- the one that started earlier stays

create or replace view gaps as
select distinct monitor, location, (e ->> 'first_at')::timestamptz as first_at, (e ->> 'last_at')::timestamptz as last_at,
  (e ->> 'slots')::bigint as slots, e ->> 'reason' as reason
from event where schema ~ '^gap/1(\.|$)';

create or replace view registrations as
select distinct on (monitor, location, from_at) monitor, location, (e ->> 'from')::timestamptz as from_at,
  coalesce((e ->> 'removed')::boolean, false) as removed, (e ->> 'every_us')::bigint as every_us, e ->> 'url' as url, e -> 'labels' as labels
from event where schema ~ '^registration/1(\.|$)'
order by monitor, location, from_at;

-- What none of the views shows: schemas of later versions, and what is no event (null).
create or replace view passed_over as
select schema, count(*) as messages, min("offset") as first_offset
from event where schema is null or schema !~ '^(measurement|gap|registration)/1(\.|$)' group by schema;
