package main

import (
	"slices"
	"strconv"
	"strings"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// reach says whom the pods of w have to talk to, or be asked by, and may not, as far
// as that is a matter of ports.
func (c *checker) reach(w workload) {
	for _, container := range w.containers() {
		variables := c.variables(w, container)
		if variables["MONITORINK_MONITORS"] != "" || variables["MONITORINK_URLS"] != "" {
			if !c.sends(w, nil) {
				c.add(w, "its NetworkPolicy does not let it probe everything")
			}
			continue
		}
		if ports := needed(container, variables); len(ports) > 0 {
			for _, port := range append(ports, dns...) {
				if !c.sends(w, &port) {
					c.add(w, "its NetworkPolicy does not let it send to port %s by %s", port.Port, *port.Protocol)
				}
			}
		}
	}
	for _, m := range of[*monitoringv1.PodMonitor](c.set) {
		for _, e := range m.Spec.PodMetricsEndpoints {
			if selects(&m.Spec.Selector, w) && !c.receives(w, *e.Port) {
				c.add(w, "no NetworkPolicy lets Prometheus ask its port %s", *e.Port)
			}
		}
	}
}

var dns = []networkingv1.NetworkPolicyPort{portOf(corev1.ProtocolUDP, 53), portOf(corev1.ProtocolTCP, 53)}

func portOf(protocol corev1.Protocol, port int) networkingv1.NetworkPolicyPort {
	p := intstr.FromInt(port)
	return networkingv1.NetworkPolicyPort{Protocol: &protocol, Port: &p}
}

// needed are the ports of the servers that a container's variables name; where they
// are in a Secret, that of Postgres.
func needed(container *corev1.Container, variables map[string]string) (ports []networkingv1.NetworkPolicyPort) {
	for _, broker := range strings.FieldsFunc(variables["MONITORINK_KAFKA_BROKERS"], func(r rune) bool { return r == ',' }) {
		if port, err := strconv.Atoi(broker[strings.LastIndex(broker, ":")+1:]); err == nil {
			ports = append(ports, portOf(corev1.ProtocolTCP, port))
		}
	}
	if variables["MONITORINK_POSTGRES_URL_FILE"] != "" || slices.ContainsFunc(container.Env, func(e corev1.EnvVar) bool { return e.Name == "FLYWAY_URL" }) {
		ports = append(ports, portOf(corev1.ProtocolTCP, 5432))
	}
	return ports
}

// sends tells whether w may send to a port wherever it is; nil is all ports.
func (c *checker) sends(w workload, port *networkingv1.NetworkPolicyPort) bool {
	for _, p := range of[*networkingv1.NetworkPolicy](c.set) {
		if !selects(&p.Spec.PodSelector, w) {
			continue
		}
		for _, out := range p.Spec.Egress {
			if len(out.To) == 0 && (len(out.Ports) == 0 || port != nil && slices.ContainsFunc(out.Ports, func(has networkingv1.NetworkPolicyPort) bool { return holds(has, *port) })) {
				return true
			}
		}
	}
	return false
}

// holds tells whether one port, or a range of them, has another in it.
func holds(has, port networkingv1.NetworkPolicyPort) bool {
	last := has.Port.IntVal
	if has.EndPort != nil {
		last = *has.EndPort
	}
	return *has.Protocol == *port.Protocol && has.Port.IntVal <= port.Port.IntVal && port.Port.IntVal <= last
}

// receives tells whether somebody may ask w at a port.
func (c *checker) receives(w workload, port string) bool {
	for _, p := range of[*networkingv1.NetworkPolicy](c.set) {
		for _, in := range p.Spec.Ingress {
			if selects(&p.Spec.PodSelector, w) && (len(in.Ports) == 0 || slices.ContainsFunc(in.Ports, func(has networkingv1.NetworkPolicyPort) bool { return has.Port.String() == port })) {
				return true
			}
		}
	}
	return false
}
