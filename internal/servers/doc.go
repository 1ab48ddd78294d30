// Package servers hands real servers to the tests that carry the tag integration:
// Kafka, Postgres, pgbouncer and Flyway, as deploy/local/test-servers.sh starts them.
//
//	func TestStoreKeepsRows(t *testing.T) {
//		db := servers.Database(t) // migrated by Flyway, nobody else's, dropped at the end
//		store, err := postgres.Open(postgres.Options{URL: db.URL})
//		…
//		servers.Psql(t, db.AdminURL, "select count(*) from measurement")
//	}
//
// make test-integration starts them, runs every such test, and removes them. By hand:
//
//	deploy/local/test-servers.sh start
//	eval "$(deploy/local/test-servers.sh env)"
//	go test -race -tags integration ./store/postgres
//	deploy/local/test-servers.sh destroy
//
// A test without servers fails; it is not skipped. A test that stops a server stops
// it for all: it must not be parallel, and the packages are tested one after the
// other (go test -p 1), as make test-integration does. What was stopped runs again
// when the test has ended.
//
// The package is for tests only, and knows nothing of what is tested: the witnesses
// (psql, kcat, Kafka's own tools) are other people's programs, so that our adapters
// are not their own judges.
package servers
