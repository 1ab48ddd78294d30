// Command composecheck reads Compose files with Compose's own library, which needs no
// engine, and holds them to what Monitorink promises of them, in every profile: ports
// on loopback alone and no two the same, images of one version, a health check for all
// that stays up, and files of ours that are there to be mounted. Services that are
// Monitorink's own get no more rights than they need, and their commands, variables and
// monitors are given to the real program.
//
//	go run . ../../docker-compose.yml
//
// It is a module of its own, so that the library weighs on nobody else.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

func main() {
	built := programs{}
	wrong, err := check(os.Args[1:], built)
	built.remove()
	if err != nil {
		fmt.Fprintln(os.Stderr, "composecheck:", err)
		os.Exit(1)
	}
	for _, w := range wrong {
		fmt.Fprintln(os.Stderr, "composecheck:", w)
	}
	if len(wrong) > 0 {
		os.Exit(1)
	}
}

// check loads the files as one project, every profile included, and returns what is wrong with it.
func check(files []string, built programs) ([]string, error) {
	options, err := cli.NewProjectOptions(files, cli.WithName("monitorink"), cli.WithProfiles([]string{"*"}))
	if err != nil {
		return nil, err
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		return nil, err
	}
	wrong := sharedPorts(project.Services)
	wrong = append(wrong, unknownTargets(project)...)
	for name, service := range project.Services {
		some := faults(service)
		if program, ours := programOf(service.Image); ours {
			some = append(some, rights(service)...)
			refused, err := built.refuse(program, service)
			if err != nil {
				return nil, err
			}
			some = append(some, refused...)
		}
		for _, w := range some {
			wrong = append(wrong, "service "+name+": "+w)
		}
	}
	slices.Sort(wrong)
	return wrong, nil
}

// sharedPorts are ports of this machine that more than one service wants.
func sharedPorts(services types.Services) (wrong []string) {
	takers := map[string][]string{}
	for name, service := range services {
		for _, port := range service.Ports {
			takers[port.Published] = append(takers[port.Published], name)
		}
	}
	for port, names := range takers {
		if slices.Sort(names); len(names) > 1 {
			wrong = append(wrong, fmt.Sprintf("port %s is wanted by %s", port, strings.Join(names, " and ")))
		}
	}
	return wrong
}

// A version is pinned when it names at least a minor release, or a digest.
var pinned = regexp.MustCompile(`(:v?\d+\.\d+[\w.-]*|@sha256:[0-9a-f]{64})$`)

func faults(service types.ServiceConfig) []string {
	var wrong []string
	if _, ours := programOf(service.Image); !ours && service.Build == nil && !pinned.MatchString(service.Image) {
		wrong = append(wrong, fmt.Sprintf("image %q: name a version, such as 1.2.3", service.Image))
	}
	for _, port := range service.Ports {
		if ip := net.ParseIP(port.HostIP); ip == nil || !ip.IsLoopback() {
			wrong = append(wrong, fmt.Sprintf("port %d is published to everyone: write 127.0.0.1:%s:%d", port.Target, port.Published, port.Target))
		}
	}
	check := service.HealthCheck
	if once := service.Restart == "no"; !once && (check == nil || check.Disable || len(check.Test) == 0) {
		wrong = append(wrong, `a health check is missing; restart: "no" marks what runs once and ends`)
	}
	for _, volume := range service.Volumes {
		if volume.Type != types.VolumeTypeBind {
			continue
		}
		if _, err := os.Stat(volume.Source); err != nil {
			wrong = append(wrong, fmt.Sprintf("mount of %s: %v", volume.Target, err))
		}
	}
	return wrong
}
