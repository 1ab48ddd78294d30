package main

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// yours are the Secrets that a user makes, as docs/kubernetes.md says.
var yours = map[string][]string{
	"monitorink-token":    {"token", "read-token"},
	"monitorink-kafka":    {"username", "password", "ca.pem"},
	"monitorink-postgres": {"url", "username", "password", "ca.pem"},
	"monitorink-flyway":   {"url", "username", "password"},
}

// keysOf are those of a Secret: of a manifest, of one that an operator makes, or of
// one of the user's.
func (s set) keysOf(name string) (keys []string, ok bool) {
	if secret := named[corev1.Secret](s, name); secret != nil {
		for key := range secret.Data {
			keys = append(keys, key)
		}
		for key := range secret.StringData {
			keys = append(keys, key)
		}
		return keys, true
	}
	for _, k := range of[*kafka](s) {
		if name == k.Name+"-cluster-ca-cert" {
			return []string{"ca.crt", "ca.p12", "ca.password"}, true
		}
	}
	if user := named[kafkaUser](s, name); user != nil {
		return []string{"password", "sasl.jaas.config"}, true
	}
	for _, p := range of[*postgres](s) {
		switch name {
		case p.Name + "-app":
			return []string{"username", "password", "dbname", "host", "port", "uri", "jdbc-uri", "pgpass"}, true
		case p.Name + "-ca":
			return []string{"ca.crt", "ca.key"}, true
		}
	}
	keys, ok = yours[name]
	return keys, ok
}

// secret says when a Secret is not there, or lacks keys.
func (c *checker) secret(o fmt.Stringer, name string, keys ...string) {
	has, ok := c.keysOf(name)
	if !ok {
		c.add(o, "no manifest and no operator makes the Secret %s, and docs/kubernetes.md does not either", name)
		return
	}
	for _, key := range keys {
		if !slices.Contains(has, key) {
			c.add(o, "the Secret %s has no key %s, but %q", name, key, has)
		}
	}
}

// configMap says when a ConfigMap is not there, or lacks keys.
func (c *checker) configMap(o fmt.Stringer, name string, keys ...string) {
	m := named[corev1.ConfigMap](c.set, name)
	if m == nil {
		c.add(o, "there is no ConfigMap %s", name)
		return
	}
	for _, key := range keys {
		if _, ok := m.Data[key]; !ok {
			c.add(o, "the ConfigMap %s has no key %s", name, key)
		}
	}
}
