package main

import (
	"fmt"
	"net"
	"slices"
	"strconv"

	"github.com/compose-spec/compose-go/v2/types"
	"go.yaml.in/yaml/v3"
)

// unknownTargets are those that Prometheus is to scrape by the configs of the project,
// and that no service has as a port.
func unknownTargets(project *types.Project) (wrong []string) {
	for name, config := range project.Configs {
		var prometheus struct {
			Jobs []struct {
				Static []struct{ Targets []string } `yaml:"static_configs"`
			} `yaml:"scrape_configs"`
		}
		if err := yaml.Unmarshal([]byte(config.Content), &prometheus); err != nil {
			wrong = append(wrong, fmt.Sprintf("config %s: %v", name, err))
		}
		for _, job := range prometheus.Jobs {
			for _, static := range job.Static {
				for _, target := range static.Targets {
					if !listens(project, target) {
						wrong = append(wrong, fmt.Sprintf("config %s: no service listens at %s", name, target))
					}
				}
			}
		}
	}
	return wrong
}

// listens tells whether a service has the port of target, host:port.
func listens(project *types.Project, target string) bool {
	host, port, err := net.SplitHostPort(target)
	service, ok := project.Services[host]
	return err == nil && ok && slices.ContainsFunc(service.Ports, func(p types.ServicePortConfig) bool {
		return strconv.Itoa(int(p.Target)) == port
	})
}
