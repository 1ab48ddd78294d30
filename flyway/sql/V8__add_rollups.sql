-- What a reader needs to be told of what changed, and buckets of a minute, an hour
-- and a day, so that a chart of a year reads 365 rows in place of three million.

create table change (
  tx     xid8 not null default pg_current_xact_id(),
  at     timestamptz not null default now(),
  series integer[] not null
);
create index on change (tx);
alter table change alter series set storage external;
comment on table change is 'what each transaction of the last minutes wrote about; nobody has to miss one that commits late';
comment on column change.tx is 'the transaction that wrote this row, and what it is about';
comment on column change.at is 'when it began';
comment on column change.series is 'series.id of each monitor whose measurements, gaps or registrations it added to';

create table rollup_touched (
  id     bigint generated always as identity primary key,
  due    timestamptz not null,
  series integer[] not null,
  minute integer[] not null,
  until  integer[]
);
create index on rollup_touched (due);
alter table rollup_touched alter series set storage external, alter minute set storage external, alter until set storage external;
comment on table rollup_touched is 'which minutes were written to and are not rolled up yet; a row comes with what it tells of, and goes with its rollup';
comment on column rollup_touched.due is 'from when on it is to be done: when the minute is over, and at once for one that is';
comment on column rollup_touched.series is 'series.id of each';
comment on column rollup_touched.minute is 'the minute of each, counted since 1970; of a gap the first one';
comment on column rollup_touched.until is 'the last minute of each gap; null: these are measurements';

create type rollup_tier as enum ('hour', 'day');
create table rollup_stale (
  from_at timestamptz not null,
  due     timestamptz not null,
  series  integer not null,
  tier    rollup_tier not null,
  primary key (tier, series, from_at)
);
create index on rollup_stale (tier, due);
comment on table rollup_stale is 'hours and days that are not yet what the shorter buckets in them add up to';
comment on column rollup_stale.from_at is 'where the bucket begins';
comment on column rollup_stale.due is 'from when on it is to be done: when it is over, and at once for one that is';
comment on column rollup_stale.series is 'series.id';

create table rollup_minute (
  from_at      timestamptz not null,
  total_sum_us bigint not null,
  total_min_us bigint not null,
  total_max_us bigint not null,
  series       integer not null,
  up           integer not null,
  down         integer not null,
  total_count  integer not null,
  gaps         jsonb,
  errors       jsonb,
  total        bytea not null,
  phases       bytea not null,
  primary key (series, from_at)
) partition by range (from_at);
comment on table rollup_minute is 'what became of the slots of each minute in which something was measured; by day (UTC), for two days';
comment on column rollup_minute.from_at is 'where the bucket begins';
comment on column rollup_minute.total_sum_us is 'the sum of the total times of slots that are up, in microseconds';
comment on column rollup_minute.total_min_us is 'the least of them; 0: there are none';
comment on column rollup_minute.total_max_us is 'the most of them';
comment on column rollup_minute.series is 'series.id';
comment on column rollup_minute.up is 'slots that were up by their last attempt';
comment on column rollup_minute.down is 'slots that were down';
comment on column rollup_minute.total_count is 'how many slots that are up have a total time';
comment on column rollup_minute.gaps is 'slots that were not measured, by reason; null: none';
comment on column rollup_minute.errors is 'slots that were down, by kind of error; null: none';
comment on column rollup_minute.total is 'histogram of the total times: bins of ratio 1.02/0.98 from 1 µs on, each as the step from the bin before and its count, as varints';
comment on column rollup_minute.phases is 'for each phase the bytes of its form, a varint; in it count, least, most and sum as varints, then its histogram';

create table rollup_hour (like rollup_minute including comments, primary key (series, from_at)) partition by range (from_at);
comment on table rollup_hour is 'what became of the slots of each hour in which something was measured; by month (UTC)';
create table rollup_day (like rollup_minute including comments, primary key (series, from_at)) partition by range (from_at);
comment on table rollup_day is 'what became of the slots of each day (UTC) in which something was measured; by year (UTC)';

create table rollup_filled (
  day date primary key
);
comment on table rollup_filled is 'days from before the rollups that were added to them since';

-- The partitions of tiers: a day of minutes, a month of hours, a year of days.
create function create_rollup_partition(tier text, at timestamptz) returns boolean
  language plpgsql security definer
  set search_path = pg_catalog, pg_temp
  set timezone = 'UTC'
as $$
declare
  home constant text := '${flyway:defaultSchema}';
  unit constant text := case tier when 'minute' then 'day' when 'hour' then 'month' when 'day' then 'year' end;
  first constant timestamptz := date_trunc(unit, at);
  part constant text := 'rollup_' || tier || '_' || to_char(first, case tier when 'minute' then 'YYYYMMDD' when 'hour' then 'YYYYMM' else 'YYYY' end);
begin
  if unit is null then
    raise exception using errcode = 'invalid_parameter_value', message = format('there is no tier %L; there are minute, hour and day', tier);
  end if;
  if at is null or at < '1970-01-01' or at >= '10000-01-01' then
    raise exception using errcode = 'invalid_parameter_value', message = format('no partition for %L', at);
  end if;
  if exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relname = part and n.nspname = home) then
    return false;
  end if;
  perform pg_advisory_xact_lock(hashtext('monitorink'), hashtext(home));
  if exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relname = part and n.nspname = home) then
    return false;
  end if;
  execute format('create table %1$I.%2$I (like %1$I.%3$I including all)', home, part, 'rollup_' || tier);
  execute format('alter table %1$I.%2$I attach partition %1$I.%3$I for values from (%4$L) to (%5$L)',
    home, 'rollup_' || tier, part, first, first + ('1 ' || unit)::interval);
  return true;
end
$$;
comment on function create_rollup_partition(text, timestamptz) is 'makes the partition of a tier that holds an instant; false: it was there';

create function drop_rollup_partitions(tier text, before timestamptz) returns setof text
  language plpgsql security definer
  set search_path = pg_catalog, pg_temp
  set timezone = 'UTC'
  set lock_timeout = '1s'
as $$
declare
  home constant text := '${flyway:defaultSchema}';
  form constant text := case tier when 'minute' then 'YYYYMMDD' when 'hour' then 'YYYYMM' when 'day' then 'YYYY' end;
  unit constant interval := case tier when 'minute' then '1 day' when 'hour' then '1 month' when 'day' then '1 year' end;
  part text;
begin
  perform pg_advisory_xact_lock(hashtext('monitorink'), hashtext(home));
  for part in
    select c.relname
    from pg_inherits i
    join pg_class c on c.oid = i.inhrelid
    join pg_class p on p.oid = i.inhparent
    join pg_namespace n on n.oid = p.relnamespace
    where p.relname = 'rollup_' || tier and n.nspname = home and c.relname ~ ('^rollup_' || tier || '_[0-9]+$')
      and to_timestamp(substring(c.relname from '[0-9]+$'), form) + unit <= before
    order by 1
  loop
    execute format('drop table %I.%I', home, part);
    return next part;
  end loop;
end
$$;
comment on function drop_rollup_partitions(text, timestamptz) is
  'drops the partitions of a tier that end before an instant, and returns their names; it gives up when it does not get its locks within 1 s';

grant select, insert, delete on change, rollup_touched, rollup_stale, rollup_filled to "${collector_role}";
grant select, insert, update on rollup_minute, rollup_hour, rollup_day to "${collector_role}";
revoke all on function create_rollup_partition(text, timestamptz), drop_rollup_partitions(text, timestamptz) from public;
grant execute on function create_rollup_partition(text, timestamptz), drop_rollup_partitions(text, timestamptz) to "${collector_role}";
