-- The collector's role has no right to create or drop tables: these functions,
-- which run as their owner, make and drop days and nothing else. They name every
-- object with its schema, so that no search_path can lead them astray.

create function create_measurement_partition(day date) returns boolean
  language plpgsql security definer
  set search_path = pg_catalog, pg_temp
  set timezone = 'UTC'
as $$
declare
  home constant text := '${flyway:defaultSchema}';
  part constant text := 'measurement_' || to_char(day, 'YYYYMMDD');
begin
  if day is null or day < date '1970-01-01' or day > date '9999-12-31' then
    raise exception using errcode = 'invalid_parameter_value', message = format('no partition for the day %L', day);
  end if;
  if exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relname = part and n.nspname = home) then
    return false;
  end if;
  -- The lock is one for all days, and ends with the transaction, so that it holds
  -- behind pgbouncer too. Who waited for it looks again, by a query: a cache such as
  -- that of to_regclass would not know yet.
  perform pg_advisory_xact_lock(hashtext('monitorink'), hashtext(home));
  if exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relname = part and n.nspname = home) then
    return false;
  end if;
  -- Created beside its parent and then attached: writers of other days do not wait.
  execute format('create table %1$I.%2$I (like %1$I.measurement including defaults including constraints '
    'including indexes including storage including comments)', home, part);
  execute format('alter table %I.%I add constraint bounds check (scheduled >= %L and scheduled < %L)',
    home, part, day::timestamptz, (day + 1)::timestamptz);
  execute format('alter table %1$I.measurement attach partition %1$I.%2$I for values from (%3$L) to (%4$L)',
    home, part, day::timestamptz, (day + 1)::timestamptz);
  execute format('alter table %I.%I drop constraint bounds', home, part);
  return true;
end
$$;
comment on function create_measurement_partition(date) is 'makes the day''s partition (UTC); false: it was there';

create function measurement_partitions() returns table (day date, name text, bytes bigint)
  language sql stable security definer
  set search_path = pg_catalog, pg_temp
as $$
  select to_date(right(c.relname, 8), 'YYYYMMDD'), c.relname::text, pg_total_relation_size(c.oid)
  from pg_inherits i
  join pg_class c on c.oid = i.inhrelid
  join pg_class p on p.oid = i.inhparent
  join pg_namespace n on n.oid = p.relnamespace
  where p.relname = 'measurement' and n.nspname = '${flyway:defaultSchema}' and c.relname ~ '^measurement_[0-9]{8}$'
  order by 1
$$;
comment on function measurement_partitions() is 'the days that have a partition, and what each takes with its index';

create function drop_measurement_partitions(before date) returns setof date
  language plpgsql security definer
  set search_path = pg_catalog, pg_temp
  set lock_timeout = '5s'
as $$
declare
  home constant text := '${flyway:defaultSchema}';
  part record;
begin
  perform pg_advisory_xact_lock(hashtext('monitorink'), hashtext(home));
  for part in execute format('select day, name from %I.measurement_partitions() where day < %L order by day', home, before) loop
    execute format('drop table %I.%I', home, part.name);
    return next part.day;
  end loop;
end
$$;
comment on function drop_measurement_partitions(date) is
  'drops the partitions of all days before that one, and returns them; it gives up when it does not get its locks within 5 s';
