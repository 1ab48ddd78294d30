-- The collector reads, adds, and puts the measurement that stays in the place of
-- another. It deletes nothing but gaps past their retention, and has no DDL.

grant usage on schema "${flyway:defaultSchema}" to "${collector_role}";
grant select, insert on series, profile to "${collector_role}";
grant select, insert, update on measurement, registration to "${collector_role}";
grant select, insert, update, delete on gap to "${collector_role}";
grant select on measurements, gaps, registrations, "${flyway:table}" to "${collector_role}";

revoke all on function create_measurement_partition(date), drop_measurement_partitions(date), measurement_partitions() from public;
grant execute on function create_measurement_partition(date), drop_measurement_partitions(date), measurement_partitions() to "${collector_role}";
