package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
)

// drain is how long a daemon may take to end: MONITORINK_GRACE.
const drain = 30 * time.Second

// programOf is the program of an image that is Monitorink's own.
func programOf(image string) (program string, ours bool) {
	name, ours := strings.CutPrefix(image, "monitorink/")
	program, _, _ = strings.Cut(name, ":")
	return program, ours
}

// rights are those that a service of ours has too many of.
func rights(service types.ServiceConfig) (wrong []string) {
	if !service.ReadOnly {
		wrong = append(wrong, "write read_only: true")
	}
	if strings.Join(service.CapDrop, " ") != "ALL" || len(service.CapAdd) > 0 {
		wrong = append(wrong, "write cap_drop: [ALL], and no cap_add")
	}
	if !strings.Contains(strings.Join(service.SecurityOpt, " "), "no-new-privileges:true") {
		wrong = append(wrong, `write security_opt: ["no-new-privileges:true"]`)
	}
	if service.User != "" || service.Privileged {
		wrong = append(wrong, "the user is the image's, 65532: leave out user and privileged")
	}
	if grace := service.StopGracePeriod; grace == nil || time.Duration(*grace) <= drain {
		wrong = append(wrong, fmt.Sprintf("write stop_grace_period: 40s: a drain may take %v", drain))
	}
	return wrong
}

// programs holds the built binaries by their names.
type programs map[string]string

// path builds a program the first time.
func (p programs) path(program string) (string, error) {
	if path, ok := p[program]; ok {
		return path, nil
	}
	dir, err := os.MkdirTemp("", "composecheck-")
	if err != nil {
		return "", err
	}
	p[program] = filepath.Join(dir, program)
	build := exec.Command("go", "build", "-o", p[program], "./cmd/"+program)
	build.Dir = "../.."
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", program, err, out)
	}
	return p[program], nil
}

// remove removes the binaries.
func (p programs) remove() {
	for _, path := range p {
		_ = os.RemoveAll(filepath.Dir(path)) // a temporary folder
	}
}

// refuse returns what a program says against the command, the health check, the
// variables and the monitors that a service has.
func (p programs) refuse(program string, service types.ServiceConfig) (wrong []string, err error) {
	path, err := p.path(program)
	if err != nil {
		return nil, err
	}
	commands := [][]string{service.Command}
	if check := service.HealthCheck; check != nil && len(check.Test) > 1 {
		if check.Test[1] != "/usr/bin/"+program {
			wrong = append(wrong, fmt.Sprintf("health check: the image has /usr/bin/%s, and not %s", program, check.Test[1]))
		}
		commands = append(commands, check.Test[2:])
	}
	for _, words := range commands {
		help := exec.Command(path, append(words, "--help")...)
		usage := strings.Join(append([]string{program}, words...), " ")
		if out, _ := help.CombinedOutput(); !strings.Contains(string(out), "  "+usage+" ") && !strings.Contains(string(out), "  "+usage+"\n") {
			wrong = append(wrong, "there is no command "+usage)
		}
	}
	validator, err := p.path("heartbeat") // of the same variables
	if err != nil {
		return nil, err
	}
	return append(wrong, validate(validator, service)...), nil
}

// validate gives the variables of a service, and the monitors that are mounted, to
// heartbeat validate, and returns the lines that it objects with.
func validate(heartbeat string, service types.ServiceConfig) (lines []string) {
	monitors := "../../monitors.yaml"
	for _, volume := range service.Volumes {
		if volume.Target == "/etc/monitorink" {
			monitors = filepath.Join(volume.Source, "monitors.yaml")
		}
	}
	cmd := exec.Command(heartbeat, "validate", monitors)
	cmd.Env = []string{}
	for name, value := range service.Environment {
		if value != nil {
			cmd.Env = append(cmd.Env, name+"="+*value)
		}
	}
	out, err := cmd.CombinedOutput()
	for line := range strings.Lines(string(out)) {
		if line = strings.TrimSpace(line); err != nil || strings.HasPrefix(line, "warning:") {
			lines = append(lines, line)
		}
	}
	return lines
}
