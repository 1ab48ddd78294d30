package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/monitorink/monitorink/bench/internal/rig"
)

// servers are a broker and a database of the harness's own, by deploy/local, in a
// folder and on ports of their own.
type servers struct {
	scripts string
	environ []string
	state   string // the scripts' folder
	kafka   int    // ports; 0: no broker
	pg      int
	pgData  string
}

const (
	topic    = "monitorink.events"
	letters  = "monitorink.dlq"
	group    = "monitorink-collector"
	database = "chaos"
)

// freePorts finds n ports of loopback that follow one another and are free, below
// those that outgoing connections get.
func freePorts(n int) (int, error) {
	for range 100 {
		base := 20000 + rand.IntN(11000)
		free := 0
		for port := base; port < base+n; port++ {
			ln, err := net.Listen("tcp", local(port))
			if err != nil {
				break
			}
			ln.Close()
			free++
		}
		if free == n {
			return base, nil
		}
	}
	return 0, fmt.Errorf("found no %d free ports in a row between 20000 and 31000", n)
}

func local(port int) string { return "127.0.0.1:" + strconv.Itoa(port) }

// startServers brings up Postgres, with the schema, and Kafka, with the topics,
// where brokerProxy is not 0: where the broker tells its clients to find it.
func startServers(ctx context.Context, root, dir string, brokerProxy int) (*servers, error) {
	base, err := freePorts(8)
	if err != nil {
		return nil, err
	}
	s := &servers{scripts: filepath.Join(root, "deploy", "local"), pg: base + 6, state: filepath.Join(dir, "infra", "test")}
	s.environ = []string{
		"INFRA=test", "INFRA_DIR=" + filepath.Join(dir, "infra"), "KAFKA_PORT=" + strconv.Itoa(base),
		"POSTGRES_PORT=" + strconv.Itoa(s.pg), "PGBOUNCER_PORT=" + strconv.Itoa(base+7),
	}
	if err := os.MkdirAll(filepath.Join(dir, "infra"), 0o755); err != nil { //nolint:gosec // Postgres is another user than root
		return nil, err
	}
	// What is fetched stays where the other servers have it, too.
	jars := filepath.Join(root, ".infra", "jars")
	if err := os.MkdirAll(jars, 0o755); err != nil { //nolint:gosec // as the scripts make it
		return nil, err
	}
	if err := os.Symlink(jars, filepath.Join(dir, "infra", "jars")); err != nil {
		return nil, err
	}
	if brokerProxy != 0 {
		s.kafka = base
		s.environ = append(s.environ, "KAFKA_PROXY_PORT="+strconv.Itoa(brokerProxy))
		_, err = s.script("test-servers.sh", "start")
	} else {
		_, err = s.script("postgres.sh", "start")
	}
	if err == nil {
		err = s.prepare(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, s.destroy())
	}
	return s, nil
}

func (s *servers) prepare(ctx context.Context) error {
	roles := filepath.Join(s.scripts, "..", "postgres", "roles.sql")
	if _, err := s.script("postgres.sh", "psql", "-d", "postgres", "-v", "database="+database, "-f", roles); err != nil {
		return err
	}
	data, err := s.script("postgres.sh", "psql", "-d", "postgres", "-Atc", "show data_directory")
	if err != nil {
		return err
	}
	s.pgData = strings.TrimSpace(data)
	owner := []string{"FLYWAY_URL=jdbc:postgresql://" + local(s.pg) + "/" + database, "FLYWAY_USER=monitorink_owner", "FLYWAY_PASSWORD=monitorink_owner-secret"}
	if _, err := run(append(s.environ, owner...), filepath.Join(s.scripts, "flyway.sh"), "migrate"); err != nil {
		return err
	}
	if s.kafka == 0 || ctx.Err() != nil {
		return ctx.Err()
	}
	k, err := rig.Dial([]string{local(s.kafka)})
	if err != nil {
		return err
	}
	defer k.Close()
	_, err = k.Create(topic, letters)
	return err
}

func (s *servers) script(name string, args ...string) (string, error) {
	return run(s.environ, filepath.Join(s.scripts, name), args...)
}

func (s *servers) destroy() error {
	_, err := s.script("test-servers.sh", "destroy")
	return err
}

// brokerBehind is where a proxy finds the broker.
func (s *servers) brokerBehind() string { return local(s.kafka + 4) }

func (s *servers) url(role, addr string) string {
	return fmt.Sprintf("postgres://%s:%s-secret@%s/%s?sslmode=disable", role, role, addr, database)
}

// connect opens the database as the superuser.
func (s *servers) connect(ctx context.Context) (*pgx.Conn, error) {
	return pgx.Connect(ctx, s.url("postgres", local(s.pg)))
}

// A server is one of the two, as something that faults happen to.
type server struct {
	pids  func() ([]int, error)
	start func() error
}

func (s *servers) broker() server {
	return server{
		pids: func() ([]int, error) {
			pid, err := pidIn(filepath.Join(s.state, "kafka", "pid"))
			return []int{pid}, err
		},
		start: func() error { _, err := s.script("kafka.sh", "start"); return err },
	}
}

// database is the postmaster and all of its processes.
func (s *servers) database() server {
	return server{
		pids: func() ([]int, error) {
			pid, err := pidIn(filepath.Join(s.pgData, "postmaster.pid"))
			if err != nil {
				return nil, err
			}
			return family(pid)
		},
		start: func() error { _, err := s.script("postgres.sh", "start"); return err },
	}
}

// signal sends a signal to every process of a server, and after SIGKILL waits for
// their end. The first one is the parent:
// once that is stopped there are no new ones.
func (s server) signal(sig syscall.Signal) error {
	pids, err := s.pids()
	if err != nil {
		return err
	}
	if sig == syscall.SIGSTOP {
		_ = syscall.Kill(pids[0], sig)
		if pids, err = s.pids(); err != nil {
			return err
		}
	}
	for _, pid := range pids {
		_ = syscall.Kill(pid, sig) // it may have ended meanwhile
	}
	if sig != syscall.SIGKILL {
		return nil
	}
	// One whose parent has not looked yet passes for running.
	return until(context.Background(), 30*time.Second, "the killed processes are gone", func() (bool, error) {
		for _, pid := range pids {
			if syscall.Kill(pid, 0) == nil {
				return false, fmt.Errorf("process %d is still there", pid)
			}
		}
		return true, nil
	}, nil)
}
