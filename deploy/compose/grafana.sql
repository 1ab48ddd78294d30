-- The role that Grafana's dashboards read as, and that changes nothing. Twice is
-- harmless.
select 'create role monitorink_grafana login'
where not exists (select from pg_roles where rolname = 'monitorink_grafana') \gexec
grant connect on database monitorink to monitorink_grafana;
grant pg_read_all_data to monitorink_grafana;
