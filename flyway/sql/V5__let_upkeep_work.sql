-- Registrations that ceased to hold before the retention are deleted as gaps are.
grant delete on registration to "${collector_role}";

-- Who waits for the lock on measurement makes all writers wait behind him: give up
-- soon, and try again.
alter function drop_measurement_partitions(date) set lock_timeout = '1s';
comment on function drop_measurement_partitions(date) is
  'drops the partitions of all days before that one, and returns them; it gives up when it does not get its locks within 1 s';
