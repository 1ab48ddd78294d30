package rig

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"
)

// A Postgres is a connection to a server, as somebody who may make databases.
type Postgres struct {
	conn     *pgx.Conn
	template string
	admin    string
}

// Connect opens the database whose schema the fresh ones get.
func Connect(ctx context.Context, admin string) (*Postgres, error) {
	c, err := pgx.ParseConfig(admin)
	if err != nil {
		return nil, err
	}
	template := c.Database
	c.Database = "postgres" // a database is copied only while nobody is in it
	conn, err := pgx.ConnectConfig(ctx, c)
	if err != nil {
		return nil, err
	}
	return &Postgres{conn, template, admin}, nil
}

// Close ends the connection.
func (p *Postgres) Close() { p.conn.Close(context.Background()) }

// Fresh makes an empty database with the whole schema, and returns a connection
// to it. drop closes that, and removes the database.
func (p *Postgres) Fresh(ctx context.Context) (name string, db *pgx.Conn, drop func(), err error) {
	name = Name("database")
	var owner string
	err = p.conn.QueryRow(ctx, "select pg_get_userbyid(datdba) from pg_database where datname = $1", p.template).Scan(&owner)
	if err != nil {
		return "", nil, nil, fmt.Errorf("database %s: %w", p.template, err)
	}
	create := fmt.Sprintf("create database %s template %s owner %s", name, pgx.Identifier{p.template}.Sanitize(), pgx.Identifier{owner}.Sanitize())
	if _, err := p.conn.Exec(ctx, create); err != nil {
		return "", nil, nil, fmt.Errorf("copy database %s, which must be migrated, and not be in use: %w", p.template, err)
	}
	drop = func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if db != nil {
			db.Close(ctx)
		}
		p.conn.Exec(ctx, "drop database "+name+" with (force)")
	}
	at, err := In(p.admin, name)
	if err == nil {
		db, err = pgx.Connect(ctx, at)
	}
	if err != nil {
		drop()
		return "", nil, nil, err
	}
	return name, db, drop, nil
}

// Settle writes out what earlier loads left to be written, where that is allowed.
func (p *Postgres) Settle(ctx context.Context) { p.conn.Exec(ctx, "checkpoint") }

// Processor is what the server has used so far; false when that is not known.
func (p *Postgres) Processor() (time.Duration, bool) {
	return serverProcessor(int(p.conn.PgConn().PID()))
}

// In is a URL with another database.
func In(at, database string) (string, error) {
	u, err := url.Parse(at)
	if err != nil {
		return "", err
	}
	u.Path = "/" + database
	return u.String(), nil
}
