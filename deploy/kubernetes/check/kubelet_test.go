package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// A node is a folder in which volumes lie as a kubelet lays them out.
type node struct {
	t   testing.TB
	dir string
	set set
}

// environment is that of a container, with the node's paths in the place of its own.
func (n node) environment(w workload, container *corev1.Container) []string {
	variables := n.set.variables(w, container)
	for _, e := range container.Env {
		if from := e.ValueFrom; from != nil && from.SecretKeyRef != nil {
			variables[e.Name] = n.secret(from.SecretKeyRef.Key)
		}
	}
	var environ []string
	for name, value := range variables {
		environ = append(environ, name+"="+n.local(w, container, value))
	}
	slices.Sort(environ)
	return environ
}

// local is text with the node's folders in the place of those of a container.
func (n node) local(w workload, container *corev1.Container, text string) string {
	mounts := slices.Clone(container.VolumeMounts)
	slices.SortFunc(mounts, func(a, b corev1.VolumeMount) int { return len(b.MountPath) - len(a.MountPath) })
	for _, m := range mounts {
		text = strings.ReplaceAll(text, m.MountPath, filepath.Join(n.dir, w.meta.Name, m.Name))
	}
	return text
}

// mount lays out the volumes of w.
func (n node) mount(w workload) {
	n.t.Helper()
	for _, v := range w.template.Spec.Volumes {
		files := map[string]string{}
		for _, name := range n.set.filesOf(w, v.Name) {
			files[name] = n.secret(name)
		}
		if v.ConfigMap != nil {
			files = named[corev1.ConfigMap](n.set, v.ConfigMap.Name).Data
		}
		n.layOut(filepath.Join(n.dir, w.meta.Name, v.Name), "1", files)
	}
	for _, claim := range w.claims {
		n.must(os.MkdirAll(filepath.Join(n.dir, w.meta.Name, claim.Name), 0o700))
	}
}

// layOut gives a volume the files of a version: each is a link through ..data, which
// is put in its place at once.
func (n node) layOut(dir, version string, files map[string]string) {
	n.t.Helper()
	version = "..version_" + version
	n.must(os.MkdirAll(filepath.Join(dir, version), 0o700))
	for name, text := range files {
		n.must(os.WriteFile(filepath.Join(dir, version, name), []byte(text), 0o600))
		if _, err := os.Lstat(filepath.Join(dir, name)); err != nil {
			n.must(os.Symlink(filepath.Join("..data", name), filepath.Join(dir, name)))
		}
	}
	n.must(os.Symlink(version, filepath.Join(dir, "..data_tmp")))
	n.must(os.Rename(filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data")))
}

func (n node) must(err error) {
	n.t.Helper()
	if err != nil {
		n.t.Fatal(err)
	}
}

// secret makes up what stands behind a key. Nobody listens at the port 1.
func (n node) secret(key string) string {
	switch key {
	case "url":
		return "postgres://monitorink:secret@127.0.0.1:1/monitorink"
	case "ca.crt", "ca.pem":
		return authority(n.t)
	}
	return fmt.Sprintf("%x", "a secret that is the "+key)
}

// authority is the certificate of one.
func authority(t testing.TB) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}
