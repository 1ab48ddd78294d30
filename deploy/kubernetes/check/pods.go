package main

import (
	"fmt"
	"path"
	"regexp"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// security says what the admission of a namespace that is Restricted would refuse.
func (c *checker) security(w workload) {
	for _, ns := range of[*corev1.Namespace](c.set) {
		if ns.Labels[api.EnforceLevelLabel] != string(api.LevelRestricted) {
			c.add(w, "the namespace %s does not enforce the Restricted standard", ns.Name)
		}
	}
	judge, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		panic(err) // the library's own list
	}
	level := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	result := policy.AggregateCheckResults(judge.EvaluatePod(level, &w.template.ObjectMeta, &w.template.Spec))
	if !result.Allowed {
		c.add(w, "it is not Restricted: %s", result.ForbiddenDetail())
	}
}

// A version is pinned when it names at least a minor release, or a digest.
var pinned = regexp.MustCompile(`(:v?\d+\.\d+[\w.-]*|@sha256:[0-9a-f]{64})$`)

// pod says what we promise beyond that.
func (c *checker) pod(w workload) {
	spec := &w.template.Spec
	if spec.AutomountServiceAccountToken == nil || *spec.AutomountServiceAccountToken {
		c.add(w, "it gets a token of its account: automountServiceAccountToken: false")
	}
	if spec.SecurityContext == nil || spec.SecurityContext.RunAsUser == nil || *spec.SecurityContext.RunAsUser != user {
		c.add(w, "its user is another than %d, which the images have", user)
	}
	if files := len(w.claims) > 0 || len(spec.Volumes) > 0; files && (spec.SecurityContext == nil || spec.SecurityContext.FSGroup == nil || *spec.SecurityContext.FSGroup != user) {
		c.add(w, "its volumes do not belong to its group: fsGroup: %d", user)
	}
	for _, v := range spec.Volumes {
		if v.EmptyDir != nil && v.EmptyDir.SizeLimit == nil {
			c.add(w, "the volume %s has no sizeLimit", v.Name)
		}
	}
	for _, container := range w.containers() {
		p := place{w.object, "container " + container.Name}
		if s := container.SecurityContext; s == nil || s.ReadOnlyRootFilesystem == nil || !*s.ReadOnlyRootFilesystem {
			c.add(p, "its root can be written: readOnlyRootFilesystem: true")
		}
		if !pinned.MatchString(container.Image) {
			c.add(p, "image %q: name a version, such as 1.2.3", container.Image)
		}
		r := container.Resources
		if r.Requests.Cpu().IsZero() || r.Requests.Memory().IsZero() || r.Limits.Memory().IsZero() {
			c.add(p, "it lacks a request of cpu or memory, or a limit of memory")
		}
		if !r.Limits.Cpu().IsZero() {
			c.add(p, "it has a limit of cpu, which makes a prober late")
		}
		if ours(container) {
			c.ending(p, w, container)
		}
	}
	if c.replicasOf(w) > 1 && len(spec.TopologySpreadConstraints) == 0 {
		c.add(w, "nothing spreads its pods")
	}
	for _, t := range spec.TopologySpreadConstraints {
		if !selects(t.LabelSelector, w) {
			c.add(w, "the constraint over %s does not select its own pods", t.TopologyKey)
		}
	}
}

// user is that of the images.
const user = 65532

// ours reports whether a container runs one of our programs.
func ours(container *corev1.Container) bool { return strings.HasPrefix(container.Image, "monitorink/") }

// program is which of them.
func program(container *corev1.Container) string {
	name, _, _ := strings.Cut(path.Base(container.Image), ":")
	return name
}

// closing is what a listener takes beside the drain, and the log its last line.
const closing = 5 * time.Second

// ending says when a pod would be killed before its drain is over.
func (c *checker) ending(p place, w workload, container *corev1.Container) {
	grace := 30 * time.Second
	if text := c.variables(w, container)["MONITORINK_GRACE"]; text != "" {
		var err error
		if grace, err = time.ParseDuration(text); err != nil {
			c.add(p, "MONITORINK_GRACE is %s: %v", text, err)
		}
	}
	if l := container.Lifecycle; l != nil && l.PreStop != nil && l.PreStop.Sleep != nil {
		grace += time.Duration(l.PreStop.Sleep.Seconds) * time.Second
	}
	has := time.Duration(*w.template.Spec.TerminationGracePeriodSeconds) * time.Second
	if has < grace+closing {
		c.add(p, "it is killed after %v, and its drain may take %v: terminationGracePeriodSeconds of at least %v", has, grace, (grace + closing).Seconds())
	}
}

// variables are those of a container, as a kubelet makes them for the pod of ordinal 1.
// What comes from a Secret is empty.
func (s set) variables(w workload, container *corev1.Container) map[string]string {
	all := map[string]string{}
	for _, from := range container.EnvFrom {
		if from.ConfigMapRef == nil {
			continue
		}
		if m := named[corev1.ConfigMap](s, from.ConfigMapRef.Name); m != nil {
			for name, value := range m.Data {
				all[name] = value
			}
		}
	}
	for _, e := range container.Env {
		switch from := e.ValueFrom; {
		case from == nil:
			all[e.Name] = reference.ReplaceAllStringFunc(e.Value, func(r string) string { return all[r[2:len(r)-1]] })
		case from.FieldRef != nil:
			all[e.Name] = fields(w)[from.FieldRef.FieldPath]
		case from.ConfigMapKeyRef != nil:
			if m := named[corev1.ConfigMap](s, from.ConfigMapKeyRef.Name); m != nil {
				all[e.Name] = m.Data[from.ConfigMapKeyRef.Key]
			}
		case from.SecretKeyRef != nil:
			all[e.Name] = ""
		}
	}
	return all
}

// fields are what the downward API gives the first pod of w.
func fields(w workload) map[string]string {
	first := first(w)
	return map[string]string{
		"metadata.name":      fmt.Sprintf("%s-%d", w.meta.Name, first),
		"metadata.namespace": w.meta.Namespace,
		"metadata.labels['apps.kubernetes.io/pod-index']": fmt.Sprint(first),
	}
}
