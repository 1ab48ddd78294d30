-- Roles and database, made once by a superuser, before the first migration:
--   psql -f deploy/postgres/roles.sql
--
-- monitorink_owner owns the database and everything in it: Flyway is it.
-- monitorink is the collector: it may connect, and what the migrations grant it.
-- Neither has a password; where one is asked for, give it by psql's
-- \password monitorink
--
-- `-v database=NAME` makes another database than monitorink, and
-- `-v template=NAME` makes it a copy.
\set ON_ERROR_STOP on
\if :{?database} \else \set database monitorink \endif
\if :{?template} \else \set template template1 \endif

select format('create role %I login', name)
from unnest(array['monitorink_owner', 'monitorink']) name
where not exists (select from pg_roles where rolname = name) \gexec

-- Where the administrator is no superuser, as in most clouds.
select format('grant monitorink_owner to %I', current_user)
where not (select rolsuper from pg_roles where rolname = current_user)
  and not pg_has_role(current_user, 'monitorink_owner', 'set') \gexec

select format('create database %I owner monitorink_owner template %I', :'database', :'template')
where not exists (select from pg_database where datname = :'database') \gexec

revoke all on database :"database" from public;
grant connect on database :"database" to monitorink;
