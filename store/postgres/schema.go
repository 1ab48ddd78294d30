package postgres

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// SchemaVersion and SchemaScript name the migration of flyway/sql that this package
// needs: the newest.
const (
	SchemaVersion = 9
	SchemaScript  = "V9__cover_counts.sql"
)

// migrate is what helps a database that is behind.
const migrate = "run `make migrate`; in Kubernetes see what the Job migrate says"

// A SchemaError says that the database is not as this version needs it. A migration
// helps, which somebody else may be about to make.
type SchemaError struct {
	What   string
	Remedy string
}

func (e *SchemaError) Error() string { return e.What + ": " + e.Remedy }

// A RightsError says what a role may not do, by the statements that let it.
type RightsError struct {
	Role   string
	Grants []string
}

func (e *RightsError) Error() string {
	return fmt.Sprintf("the role %q has not the rights: run `make migrate`, or as the owner: %s;", e.Role, strings.Join(e.Grants, "; "))
}

// A querier is a connection or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// The shape that the queries of this package need: more columns do no harm.
var (
	wantColumns = map[string]string{
		"series":  "id integer, monitor text, location text",
		"profile": "id integer, tls_expires_at timestamp with time zone, port integer, digest bytea, instance text, version text, method text, url text, protocol text, tls_version text, expectations text[]",
		"measurement": "scheduled timestamp with time zone, started timestamp with time zone, series integer, profile integer, late_us integer, degraded_us integer, dns_us integer, connect_us integer, tls_us integer, " +
			"request_us integer, first_byte_us integer, transfer_us integer, total_us integer, body_bytes integer, error error_kind, attempt smallint, status smallint, remote inet, detail jsonb",
		"gap":          "first_at timestamp with time zone, last_at timestamp with time zone, slots bigint, series integer, reason gap_reason, instance text, version text",
		"registration": "from_at timestamp with time zone, series integer, event text",

		"rollup_touched": "id bigint, due timestamp with time zone, series integer[], minute integer[], until integer[]",
		"rollup_stale":   "from_at timestamp with time zone, due timestamp with time zone, series integer, tier rollup_tier",
		"rollup_minute":  rollupColumns,
		"rollup_hour":    rollupColumns,
		"rollup_day":     rollupColumns,
	}
	wantKeys = map[string]string{
		"series":       "monitor, location",
		"profile":      "digest",
		"measurement":  "series, scheduled, attempt",
		"gap":          "series, last_at, first_at, reason",
		"registration": "series, from_at",

		"rollup_touched": "id",
		"rollup_stale":   "tier, series, from_at",
		"rollup_minute":  "series, from_at",
		"rollup_hour":    "series, from_at",
		"rollup_day":     "series, from_at",
	}
	wantFunctions = []string{"create_measurement_partition(date)", "drop_measurement_partitions(date)", "measurement_partitions()",
		"create_rollup_partition(text,timestamptz)", "drop_rollup_partitions(text,timestamptz)"}
	wantRights = map[string]string{
		"flyway_schema_history": "SELECT",
		"series":                "SELECT, INSERT",
		"profile":               "SELECT, INSERT",
		"measurement":           "SELECT, INSERT, UPDATE",
		"gap":                   "SELECT, INSERT, UPDATE, DELETE",
		"registration":          "SELECT, INSERT, UPDATE, DELETE",
		"change":                "SELECT, INSERT, DELETE",
		"rollup_touched":        "SELECT, INSERT, DELETE",
		"rollup_stale":          "SELECT, INSERT, DELETE",
		"rollup_filled":         "SELECT, INSERT, DELETE",
		"rollup_minute":         "SELECT, INSERT, UPDATE",
		"rollup_hour":           "SELECT, INSERT, UPDATE",
		"rollup_day":            "SELECT, INSERT, UPDATE",
	}
)

// rollupColumns are those of all tiers.
const rollupColumns = "from_at timestamp with time zone, total_sum_us bigint, total_min_us bigint, total_max_us bigint, series integer, up integer, down integer, total_count integer, " +
	"gaps jsonb, errors jsonb, total bytea, phases bytea"

// inspect holds the database against what this version needs. It returns what it
// found of the version, in words.
func inspect(ctx context.Context, q querier) (string, error) {
	if err := findHistory(ctx, q); err != nil {
		return "", err
	}
	version, err := checkVersion(ctx, q)
	if err != nil {
		return version, err
	}
	if err := checkShape(ctx, q); err != nil {
		return version, err
	}
	return version, checkRights(ctx, q)
}

// findHistory looks for Flyway's table, which everything begins with.
func findHistory(ctx context.Context, q querier) error {
	var role string
	var path, homes []string
	var found, usable, readable bool
	err := q.QueryRow(ctx, `
		select current_user::text, current_schemas(false)::text[], to_regclass('flyway_schema_history') is not null,
			coalesce(has_table_privilege(to_regclass('flyway_schema_history'), 'select'), false),
			coalesce(bool_or(has_schema_privilege(n.oid, 'usage')), false), coalesce(array_agg(n.nspname::text), '{}')
		from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relname = 'flyway_schema_history'`).
		Scan(&role, &path, &found, &readable, &usable, &homes)
	switch {
	case err != nil:
		return err
	case found && !readable:
		return &RightsError{role, []string{fmt.Sprintf("GRANT SELECT ON flyway_schema_history TO %q", role)}}
	case found:
		return nil
	case len(homes) == 0:
		return &SchemaError{"the database has no schema yet: there is no table flyway_schema_history", migrate}
	case !usable:
		return &RightsError{role, []string{fmt.Sprintf("GRANT USAGE ON SCHEMA %q TO %q", homes[0], role)}}
	}
	return &SchemaError{
		fmt.Sprintf("Flyway's table is in schema %q, and the search path is %q", homes, path),
		fmt.Sprintf("add options=-csearch_path%%3D%s to the URL, or ALTER ROLE %q SET search_path TO %s", homes[0], role, homes[0]),
	}
}

// checkVersion compares what was migrated with SchemaVersion.
func checkVersion(ctx context.Context, q querier) (string, error) {
	rows, err := q.Query(ctx, `select version, script, success from flyway_schema_history where version is not null order by installed_rank`)
	if err != nil {
		return "", err
	}
	var version, script string
	var success bool
	have, failed := 0, ""
	_, err = pgx.ForEachRow(rows, []any{&version, &script, &success}, func() error {
		whole, _, _ := strings.Cut(version, ".")
		switch n, err := strconv.Atoi(whole); {
		case !success:
			failed = script
		case err == nil:
			have = max(have, n)
		}
		return nil
	})
	found := fmt.Sprintf("the database is at version %d", have)
	switch {
	case err != nil:
		return "", err
	case failed != "":
		return found, &SchemaError{found + ", and migration " + failed + " failed", "remove the cause, run Flyway's repair, and " + migrate}
	case have < SchemaVersion:
		return found, &SchemaError{fmt.Sprintf("%s, and this collector needs %d (%s)", found, SchemaVersion, SchemaScript), migrate}
	}
	return found, nil
}

// checkShape names the first thing that is missing, or of another type.
func checkShape(ctx context.Context, q querier) error {
	tables := sorted(wantColumns)
	got := map[string]string{}
	collect := func(query string) error {
		rows, err := q.Query(ctx, query, tables)
		if err != nil {
			return err
		}
		var name, value string
		_, err = pgx.ForEachRow(rows, []any{&name, &value}, func() error { got[name] = value; return nil })
		return err
	}
	err := collect(`
		select t || '.' || a.attname, format_type(a.atttypid, a.atttypmod)
		from unnest($1::text[]) as t join pg_attribute a on a.attrelid = to_regclass(t)
		where a.attnum > 0 and not a.attisdropped`)
	if err == nil {
		err = collect(`
			select t || ' unique ' || string_agg(a.attname, ', ' order by k.n), ''
			from unnest($1::text[]) as t join pg_index i on i.indrelid = to_regclass(t)
			cross join unnest(i.indkey::int[]) with ordinality as k (attnum, n)
			join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
			where i.indisunique and i.indisvalid and k.n <= i.indnkeyatts group by t, i.indexrelid`)
	}
	if err != nil {
		return err
	}
	const remedy = "somebody changed it by hand; restore it as flyway/sql has it"
	for _, table := range tables {
		for column := range strings.SplitSeq(wantColumns[table], ", ") {
			name, kind, _ := strings.Cut(column, " ")
			switch is := got[table+"."+name]; {
			case is == "":
				return &SchemaError{fmt.Sprintf("table %s has no column %s %s", table, name, kind), remedy}
			case is != kind:
				return &SchemaError{fmt.Sprintf("column %s.%s is a %s, and must be a %s", table, name, is, kind), remedy}
			}
		}
		if _, ok := got[table+" unique "+wantKeys[table]]; !ok {
			return &SchemaError{fmt.Sprintf("table %s has no valid unique index over (%s)", table, wantKeys[table]), remedy}
		}
	}
	for _, function := range wantFunctions {
		var there bool
		if err := q.QueryRow(ctx, `select to_regprocedure($1) is not null`, function).Scan(&there); err != nil {
			return err
		}
		if !there {
			return &SchemaError{"there is no function " + function, remedy}
		}
	}
	return nil
}

// checkRights lists all that is missing.
func checkRights(ctx context.Context, q querier) error {
	var role string
	if err := q.QueryRow(ctx, `select current_user::text`).Scan(&role); err != nil {
		return err
	}
	var names, kinds []string
	for _, table := range sorted(wantRights) {
		for right := range strings.SplitSeq(wantRights[table], ", ") {
			names, kinds = append(names, table), append(kinds, right)
		}
	}
	rows, err := q.Query(ctx, `
		select 'GRANT ' || string_agg(x.kind, ', ' order by x.i) || ' ON ' || x.name
		from unnest($1::text[], $2::text[]) with ordinality as x (name, kind, i)
		where not has_table_privilege(x.name, x.kind) group by x.name
		union all
		select 'GRANT EXECUTE ON FUNCTION ' || f from unnest($3::text[]) as f where not has_function_privilege(f, 'execute')
		order by 1`, names, kinds, wantFunctions)
	if err != nil {
		return err
	}
	grants, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(grants) == 0 {
		return err
	}
	for i := range grants {
		grants[i] += fmt.Sprintf(" TO %q", role)
	}
	return &RightsError{role, grants}
}

func sorted(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
