-- What the collector keeps. Durations are whole microseconds (_us), instants are
-- timestamptz; an absent value was not measured.

-- The words are a warning, in a statement of its own: Flyway's command line shows
-- those, and of an error only that there was one.
do $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = '${collector_role}') then
    raise warning 'The collector''s role "${collector_role}" does not exist. Create it as a user who may create roles: CREATE ROLE "${collector_role}" LOGIN PASSWORD ''...''; then migrate again. A role of another name is given by -placeholders.collector_role=NAME or FLYWAY_PLACEHOLDERS_COLLECTOR_ROLE.';
  end if;
end
$$;
do $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = '${collector_role}') then
    raise undefined_object using message = 'the role "${collector_role}" does not exist';
  end if;
end
$$;

-- The order of both types is that of docs/events.md; new values go to the end.
create type error_kind as enum ('dns', 'refused', 'unreachable', 'reset', 'timeout', 'tls_handshake', 'cert_expired',
  'cert_not_yet_valid', 'cert_host', 'cert_authority', 'protocol', 'body_cut', 'body_too_large', 'redirects',
  'expectation', 'blocked', 'internal');
create type gap_reason as enum ('overload', 'overlap', 'stopped', 'clock', 'paused');
comment on type error_kind is 'what went wrong in a probe';
comment on type gap_reason is 'why slots were not measured';

create table series (
  id       integer generated always as identity primary key,
  monitor  text collate "C" not null,
  location text collate "C" not null,
  unique (monitor, location)
);
comment on table series is 'a monitor at a location: the narrow key of everything else';
comment on column series.monitor is 'the monitor''s id in monitors.yaml';
comment on column series.location is 'where it is probed from';

create table profile (
  id             integer generated always as identity primary key,
  tls_expires_at timestamptz,
  port           integer,
  digest         bytea not null unique,
  instance       text not null,
  version        text not null,
  method         text not null,
  url            text not null,
  protocol       text,
  tls_version    text,
  expectations   text[]
);
comment on table profile is 'what many measurements have in common, kept once';
comment on column profile.tls_expires_at is 'when the first certificate of the verified chain ends; null: no TLS';
comment on column profile.port is 'the port of the last response; null: none, or not of the form address:port';
comment on column profile.digest is 'the first 16 bytes of a SHA-256 over all other columns; finds a profile whatever its length';
comment on column profile.instance is 'the process that measured';
comment on column profile.version is 'of the definition that was probed';
comment on column profile.method is 'of the request';
comment on column profile.url is 'that was asked for';
comment on column profile.protocol is 'of the last response, such as HTTP/2.0; null: no response';
comment on column profile.tls_version is 'such as TLS 1.3; null: no TLS';
comment on column profile.expectations is
  'names of the expectations that were all met and saw just what the columns tell; null: see measurement.detail';

-- Columns go from wide to narrow, so that nothing is lost to alignment. There are
-- no foreign keys: series and profile are never deleted from, and a check costs
-- more than the row.
create table measurement (
  scheduled     timestamptz not null,
  started       timestamptz not null,
  series        integer not null,
  profile       integer not null,
  late_us       integer not null,
  degraded_us   integer not null,
  dns_us        integer,
  connect_us    integer,
  tls_us        integer,
  request_us    integer,
  first_byte_us integer,
  transfer_us   integer,
  total_us      integer,
  body_bytes    integer,
  error         error_kind,
  attempt       smallint not null,
  status        smallint,
  remote        inet,
  detail        jsonb,
  primary key (series, scheduled, attempt)
) partition by range (scheduled);
comment on table measurement is 'what one attempt found in one slot, by day (UTC); the view measurements is easier to read';
comment on column measurement.scheduled is 'the slot''s instant, whole milliseconds';
comment on column measurement.started is 'when the attempt began';
comment on column measurement.series is 'series.id';
comment on column measurement.profile is 'profile.id';
comment on column measurement.late_us is 'microseconds from scheduled to started';
comment on column measurement.degraded_us is 'microseconds that the prober itself was starved meanwhile';
comment on column measurement.dns_us is 'microseconds of looking up the name';
comment on column measurement.connect_us is 'microseconds of TCP''s connect';
comment on column measurement.tls_us is 'microseconds of the TLS handshake';
comment on column measurement.request_us is 'microseconds of writing the request';
comment on column measurement.first_byte_us is 'microseconds from the request written to the first byte of the answer';
comment on column measurement.transfer_us is 'microseconds from the first byte to the end of what was read';
comment on column measurement.total_us is 'microseconds in all';
comment on column measurement.body_bytes is 'bytes of body read, after decompression; null: not read';
comment on column measurement.error is 'null: the target was up; else why it was down';
comment on column measurement.attempt is 'from 1; the last one of a slot decides';
comment on column measurement.status is 'of the last response; null: no response';
comment on column measurement.remote is 'the address that answered; its port is in profile';
comment on column measurement.detail is
  'what is not plain: phase and message of the error, expectations, redirects, hops; or event, the whole measurement, when a value fits no column';

create table gap (
  first_at timestamptz not null,
  last_at  timestamptz not null,
  slots    bigint not null,
  series   integer not null,
  reason   gap_reason not null,
  instance text not null,
  version  text not null,
  primary key (series, last_at, first_at, reason)
);
comment on table gap is 'slots that were not measured, and why; a measurement wins over every gap that covers it';
comment on column gap.first_at is 'the first slot, included';
comment on column gap.last_at is 'the last slot, included';
comment on column gap.slots is 'how many slots';
comment on column gap.series is 'series.id';
comment on column gap.instance is 'the process that tells';
comment on column gap.version is 'of the definition whose slots these are';

create table registration (
  from_at timestamptz not null,
  series  integer not null,
  event   text collate "C" not null,
  primary key (series, from_at)
);
comment on table registration is 'which definition held from when; the view registrations is easier to read';
comment on column registration.from_at is 'the first instant that it holds for';
comment on column registration.series is 'series.id';
comment on column registration.event is 'the event as docs/events.md has it; of two, the one smaller by its bytes stays';
