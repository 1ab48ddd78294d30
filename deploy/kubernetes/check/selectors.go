package main

import (
	"slices"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// selectors says which selectors select nothing, or more than their own.
func (c *checker) selectors() {
	all := c.workloads()
	for _, w := range all {
		for _, other := range all {
			if w.selector != nil && other.String() != w.String() && selects(w.selector, other) {
				c.add(w, "it selects the pods of %v as well", other)
			}
		}
	}
	for _, o := range c.set {
		var selector *metav1.LabelSelector
		var ports []string
		switch v := o.value.(type) {
		case *corev1.Service:
			selector = &metav1.LabelSelector{MatchLabels: v.Spec.Selector}
			for _, port := range v.Spec.Ports {
				ports = append(ports, port.TargetPort.String())
			}
		case *policyv1.PodDisruptionBudget:
			selector = v.Spec.Selector
		case *networkingv1.NetworkPolicy:
			selector = &v.Spec.PodSelector
			for _, in := range v.Spec.Ingress {
				for _, port := range in.Ports {
					ports = append(ports, port.Port.String())
				}
			}
		case *monitoringv1.PodMonitor:
			selector = &v.Spec.Selector
			for _, e := range v.Spec.PodMetricsEndpoints {
				ports = append(ports, *e.Port)
			}
		default:
			continue
		}
		pods := c.selected(selector)
		if len(pods) == 0 {
			c.add(o, "it selects no pod that is here")
		}
		for _, port := range ports {
			if len(pods) > 0 && !slices.ContainsFunc(pods, func(w workload) bool { return opens(w, port) }) {
				c.add(o, "none of the pods that it selects has the port %s", port)
			}
		}
	}
}

func opens(w workload, port string) bool {
	return slices.ContainsFunc(w.containers(), func(container *corev1.Container) bool { return hasPort(container, port) })
}

// covered says when nothing guards the pods of w.
func (c *checker) covered(w workload) {
	directions := map[networkingv1.PolicyType]bool{}
	for _, p := range of[*networkingv1.NetworkPolicy](c.set) {
		if selects(&p.Spec.PodSelector, w) {
			for _, t := range p.Spec.PolicyTypes {
				directions[t] = true
			}
		}
	}
	for _, t := range []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress} {
		if !directions[t] {
			c.add(w, "no NetworkPolicy is about its %s", t)
		}
	}
	if !w.lasting() || c.replicasOf(w) < 2 {
		return
	}
	budgeted := false
	for _, b := range of[*policyv1.PodDisruptionBudget](c.set) {
		if !selects(b.Spec.Selector, w) {
			continue
		}
		budgeted = true
		if least, most := b.Spec.MinAvailable, b.Spec.MaxUnavailable; least != nil && least.IntVal >= c.replicasOf(w) || most != nil && most.IntVal == 0 && most.Type == intstr.Int {
			c.add(w, "its PodDisruptionBudget lets none of its pods go, so that no node can be drained")
		}
	}
	if !budgeted {
		c.add(w, "no PodDisruptionBudget is about it")
	}
}

// replicasOf is how many pods a workload has, or at least has by its autoscaler.
func (c *checker) replicasOf(w workload) int32 {
	for _, h := range of[*autoscalingv2.HorizontalPodAutoscaler](c.set) {
		if t := h.Spec.ScaleTargetRef; t.Kind == w.kind && t.Name == w.meta.Name {
			return *h.Spec.MinReplicas
		}
	}
	return replicas(w)
}

func replicas(w workload) int32 {
	switch v := w.value.(type) {
	case *appsv1.Deployment:
		return *v.Spec.Replicas
	case *appsv1.StatefulSet:
		return *v.Spec.Replicas
	}
	return 1
}

// services says when a StatefulSet's Service is not its own.
func (c *checker) services() {
	for _, w := range c.workloads() {
		s, ok := w.value.(*appsv1.StatefulSet)
		if !ok {
			continue
		}
		service := named[corev1.Service](c.set, s.Spec.ServiceName)
		if service == nil || service.Spec.ClusterIP != corev1.ClusterIPNone || !selects(&metav1.LabelSelector{MatchLabels: service.Spec.Selector}, w) {
			c.add(w, "serviceName is %q, and that is no headless Service of its pods", s.Spec.ServiceName)
		}
	}
}

// targets says what autoscalers have that they cannot scale.
func (c *checker) targets() {
	for _, o := range c.set {
		h, ok := o.value.(*autoscalingv2.HorizontalPodAutoscaler)
		if !ok {
			continue
		}
		d := named[appsv1.Deployment](c.set, h.Spec.ScaleTargetRef.Name)
		if d == nil || h.Spec.ScaleTargetRef.Kind != "Deployment" {
			c.add(o, "there is no %s %s", h.Spec.ScaleTargetRef.Kind, h.Spec.ScaleTargetRef.Name)
			continue
		}
		for _, topic := range of[*kafkaTopic](c.set) {
			if name := topic.Name; name == "monitorink.events" && int(h.Spec.MaxReplicas) > topic.Spec.Partitions {
				c.add(o, "maxReplicas is %d, and %s has %d partitions: the others would have nothing to do", h.Spec.MaxReplicas, name, topic.Spec.Partitions)
			}
		}
	}
}

// scraped says when Prometheus could not ask.
func (c *checker) scraped() {
	for _, o := range c.set {
		m, ok := o.value.(*monitoringv1.PodMonitor)
		if !ok {
			continue
		}
		for _, w := range c.selected(&m.Spec.Selector) {
			for _, container := range w.containers() {
				if job := w.template.Labels[m.Spec.JobLabel]; ours(container) && job != program(container) {
					c.add(o, "the job of %v would be %q, and the rules know it as %q", w, job, program(container))
				}
			}
		}
		for _, e := range m.Spec.PodMetricsEndpoints {
			if a := e.Authorization; a == nil || a.Credentials == nil {
				c.add(o, "it shows no token, and would be refused")
			} else {
				c.secret(o, a.Credentials.Name, a.Credentials.Key)
			}
		}
	}
}
