package main

import (
	"fmt"
	"path"
	"regexp"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// A place is something in an object.
type place struct {
	object
	what string
}

func (p place) String() string { return p.object.String() + ", " + p.what }

// references says what a workload refers to that is not there.
func (c *checker) references(w workload) {
	spec := &w.template.Spec
	if named[corev1.ServiceAccount](c.set, spec.ServiceAccountName) == nil {
		c.add(w, "there is no ServiceAccount %q", spec.ServiceAccountName)
	}
	volumes := map[string]bool{}
	for i := range spec.Volumes {
		v := &spec.Volumes[i]
		volumes[v.Name] = false
		c.volume(place{w.object, "volume " + v.Name}, v)
	}
	for _, claim := range w.claims {
		volumes[claim.Name] = false
	}
	for _, container := range w.containers() {
		p := place{w.object, "container " + container.Name}
		for _, m := range container.VolumeMounts {
			if _, ok := volumes[m.Name]; !ok {
				c.add(p, "it mounts the volume %s, which is not there", m.Name)
			}
			volumes[m.Name] = true
			if m.SubPath != "" {
				c.add(p, "%s is mounted by subPath, which does not follow changes", m.MountPath)
			}
		}
		c.environment(p, w, container)
		c.probes(p, container)
	}
	for name, used := range volumes {
		if !used {
			c.add(w, "nobody mounts the volume %s", name)
		}
	}
}

// volume says what a volume is made of that is not there.
func (c *checker) volume(p place, v *corev1.Volume) {
	keys := func(items []corev1.KeyToPath) (all []string) {
		for _, item := range items {
			all = append(all, item.Key)
		}
		return all
	}
	if v.ConfigMap != nil {
		c.configMap(p, v.ConfigMap.Name, keys(v.ConfigMap.Items)...)
	}
	if v.Secret != nil {
		c.secret(p, v.Secret.SecretName, keys(v.Secret.Items)...)
	}
	if v.Projected == nil {
		return
	}
	for _, s := range v.Projected.Sources {
		if s.ConfigMap != nil {
			c.configMap(p, s.ConfigMap.Name, keys(s.ConfigMap.Items)...)
		}
		if s.Secret != nil {
			c.secret(p, s.Secret.Name, keys(s.Secret.Items)...)
		}
	}
}

var reference = regexp.MustCompile(`\$\(([A-Za-z_][A-Za-z0-9_]*)\)`)

// environment says which variables come from nowhere, and which name a file that
// nothing mounts.
func (c *checker) environment(p place, w workload, container *corev1.Container) {
	var known []string
	for _, from := range container.EnvFrom {
		if from.ConfigMapRef == nil {
			c.add(p, "its environment comes from a Secret: mount it, and name the file")
			continue
		}
		c.configMap(p, from.ConfigMapRef.Name)
		if m := named[corev1.ConfigMap](c.set, from.ConfigMapRef.Name); m != nil {
			for name, value := range m.Data {
				known = append(known, name)
				c.file(p, w, container, name, value)
			}
		}
	}
	for _, e := range container.Env {
		for _, m := range reference.FindAllStringSubmatch(e.Value, -1) {
			if !slices.Contains(known, m[1]) {
				c.add(p, "%s refers to $(%s), which is not defined before it", e.Name, m[1])
			}
		}
		known = append(known, e.Name)
		c.file(p, w, container, e.Name, e.Value)
		switch from := e.ValueFrom; {
		case from == nil:
		case from.ConfigMapKeyRef != nil:
			c.configMap(p, from.ConfigMapKeyRef.Name, from.ConfigMapKeyRef.Key)
		case from.SecretKeyRef != nil && ours(container):
			c.add(p, "%s comes from a Secret: mount it, and set %s_FILE", e.Name, e.Name)
		case from.SecretKeyRef != nil:
			c.secret(p, from.SecretKeyRef.Name, from.SecretKeyRef.Key)
		}
	}
}

// file says when a variable names a file that no volume has.
func (c *checker) file(p place, w workload, container *corev1.Container, name, value string) {
	if !isFile.MatchString(name) || value == "" {
		return
	}
	for _, m := range container.VolumeMounts {
		if m.MountPath != path.Dir(value) {
			continue
		}
		if files := c.filesOf(w, m.Name); !slices.Contains(files, path.Base(value)) {
			c.add(p, "%s is %s, and the volume %s has %q", name, value, m.Name, files)
		}
		return
	}
	c.add(p, "%s is %s, and nothing is mounted at %s", name, value, path.Dir(value))
}

var isFile = regexp.MustCompile(`^MONITORINK_.*_FILE$`)

// filesOf are the files that a volume of Secrets and ConfigMaps has.
func (s set) filesOf(w workload, volume string) (files []string) {
	add := func(items []corev1.KeyToPath, all []string) {
		for _, item := range items {
			files = append(files, item.Path)
		}
		if items == nil {
			files = append(files, all...)
		}
	}
	secret := func(name string, items []corev1.KeyToPath) {
		keys, _ := s.keysOf(name)
		add(items, keys)
	}
	configMap := func(name string, items []corev1.KeyToPath) {
		var keys []string
		if m := named[corev1.ConfigMap](s, name); m != nil {
			for key := range m.Data {
				keys = append(keys, key)
			}
		}
		add(items, keys)
	}
	for _, v := range w.template.Spec.Volumes {
		switch {
		case v.Name != volume:
		case v.Secret != nil:
			secret(v.Secret.SecretName, v.Secret.Items)
		case v.ConfigMap != nil:
			configMap(v.ConfigMap.Name, v.ConfigMap.Items)
		case v.Projected != nil:
			for _, p := range v.Projected.Sources {
				if p.Secret != nil {
					secret(p.Secret.Name, p.Secret.Items)
				}
				if p.ConfigMap != nil {
					configMap(p.ConfigMap.Name, p.ConfigMap.Items)
				}
			}
		}
	}
	return files
}

// probes says when a probe is missing, or asks a port that is not there.
func (c *checker) probes(p place, container *corev1.Container) {
	if !ours(container) {
		return
	}
	for name, probe := range map[string]*corev1.Probe{"startup": container.StartupProbe, "liveness": container.LivenessProbe, "readiness": container.ReadinessProbe} {
		want := "/livez"
		if name == "readiness" {
			want = "/readyz"
		}
		switch {
		case probe == nil || probe.HTTPGet == nil:
			c.add(p, "it has no %s probe by HTTP", name)
		case !hasPort(container, probe.HTTPGet.Port.String()):
			c.add(p, "its %s probe asks port %s, which it does not have", name, probe.HTTPGet.Port.String())
		case probe.HTTPGet.Path != want:
			c.add(p, "its %s probe asks %s: that is %s", name, probe.HTTPGet.Path, want)
		}
	}
}

func hasPort(container *corev1.Container, port string) bool {
	return slices.ContainsFunc(container.Ports, func(p corev1.ContainerPort) bool {
		return p.Name == port || fmt.Sprint(p.ContainerPort) == port
	})
}
