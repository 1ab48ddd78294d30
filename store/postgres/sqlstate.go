package postgres

import (
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// ofServer says what an error of the server means, or returns nil. It goes by
// SQLSTATE: messages come in the server's language, and only tell more.
func ofServer(err *pgconn.PgError) *Trouble {
	switch err.Code {
	case "28P01":
		return &Trouble{What: "the password is wrong, or there is no such role", Remedy: "correct user and password in the URL, or set the role's password with ALTER ROLE … PASSWORD"}
	case "28000":
		return refused(err.Message)
	case "3D000":
		return &Trouble{What: "there is no such database", Remedy: "create it, or correct its name at the end of the URL"}
	case "42501":
		return &Trouble{What: "the role has not the rights", Remedy: "give it what docs/schema.md lists under roles; `make migrate` does"}
	case "42P01", "42703", "42883", "3F000":
		return &Trouble{What: "the schema is not what this version needs", Remedy: migrate}
	case "53300":
		return &Trouble{What: "the server has no connection left", Remedy: "raise max_connections or the role's CONNECTION LIMIT, lower the pool, or use pgbouncer", Passes: true}
	case "53200":
		return &Trouble{What: "the server has no memory left", Remedy: "when it speaks of shared memory, raise max_locks_per_transaction and start it anew: each day of measurements takes some locks", Passes: true}
	case "53100":
		return &Trouble{What: "the server's disk is full", Remedy: "make room: a shorter retention drops whole days", Passes: true}
	case "57P03":
		return &Trouble{What: "the server is starting or stopping", Passes: true}
	case "25P03":
		return &Trouble{What: "the server ended a transaction that it heard nothing of for " + idleMost, Remedy: "this process, or its machine, stood still meanwhile; it is tried again", Passes: true}
	case "57P01", "57P02":
		return &Trouble{What: "the server ended the connection", Passes: true}
	case "57014":
		return &Trouble{What: "the server cut the query short", Remedy: "it took longer than statement_timeout allows, or an operator ended it", Passes: true}
	case "55P03":
		return &Trouble{What: "a lock was not to be had in time", Remedy: "it is tried again", Passes: true}
	case "25006":
		return &Trouble{What: "the server takes no writes", Remedy: "connect to the primary: with several hosts in the URL, target_session_attrs=read-write finds it", Passes: true}
	case "08P01", "08004", "08006":
		return pooler(err.Message)
	}
	return nil
}

// refused says why a role was not let in, as far as the message tells.
func refused(message string) *Trouble {
	switch {
	case strings.Contains(message, "client certificate"):
		return &Trouble{What: "the server wants a client certificate", Remedy: "give sslcert and sslkey, of a certificate that the server's ssl_ca_file has signed"}
	case strings.Contains(message, "certificate authentication"):
		return &Trouble{What: "the client certificate is not for this role", Remedy: "its common name must be the role's, or the server's pg_ident.conf must map it"}
	case strings.Contains(message, "no encryption"), strings.Contains(message, "SSL off"):
		return &Trouble{What: "the server lets nobody in like this without TLS", Remedy: "set sslmode=verify-full, or add a line to pg_hba.conf"}
	case strings.Contains(message, "does not exist"):
		return &Trouble{What: "there is no such role", Remedy: "correct the user in the URL; deploy/postgres/roles.sql makes the roles"}
	case strings.Contains(message, "not permitted to log in"):
		return &Trouble{What: "the role may not log in", Remedy: "ALTER ROLE … LOGIN PASSWORD …"}
	}
	return &Trouble{What: "the server does not let us in", Remedy: "look at its pg_hba.conf for this role, database and address"}
}

// pooler says what pgbouncer means, which has one SQLSTATE for nearly all.
func pooler(message string) *Trouble {
	switch {
	case strings.Contains(message, "authentication failed"), strings.Contains(message, "no such user"):
		return ofServer(&pgconn.PgError{Code: "28P01"})
	case strings.Contains(message, "no such database"):
		return ofServer(&pgconn.PgError{Code: "3D000"})
	}
	return &Trouble{What: "the connection's other side, perhaps a pooler, did not go on", Passes: true}
}
