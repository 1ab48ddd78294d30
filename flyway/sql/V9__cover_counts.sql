-- Strips and bars read the counts of hours and days, without histograms: now from the
-- index alone, in which a monitor's buckets stand side by side. It is built under a
-- lock, which takes some seconds for each million of rows.

alter table rollup_hour drop constraint rollup_hour_pkey;
alter table rollup_hour add primary key (series, from_at) include (up, down, total_count, total_min_us, total_max_us, total_sum_us, gaps, errors);
alter table rollup_day drop constraint rollup_day_pkey;
alter table rollup_day add primary key (series, from_at) include (up, down, total_count, total_min_us, total_max_us, total_sum_us, gaps, errors);
