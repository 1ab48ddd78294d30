// Command check renders folders of Kustomize as kubectl does, and says what is wrong
// with what comes out, without a cluster:
//
//	go run . ../overlays/dev /a/folder/of/yours
//
// Each manifest is decoded strictly, defaulted and validated by the API server's own
// code; pods are held to the Restricted standard by the admission's own code. Every
// selector selects something, and everything that is referred to is there: keys of
// ConfigMaps and Secrets, volumes, ports, accounts. Secrets that no manifest and no
// operator makes are those of docs/kubernetes.md. The tests break manifests in each
// of these ways, and run what the containers would run.
//
// It is a module of its own, so that Kubernetes weighs on nobody else.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

//go:generate go test -run TestTheRulesAreThoseOfPrometheus -update .

// root is the repository, seen from here.
var root = filepath.Join("..", "..", "..")

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: go run . FOLDER…")
		os.Exit(2)
	}
	failed := false
	for _, dir := range os.Args[1:] {
		text, err := render(dir)
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", dir, err)
			failed = true
			continue
		}
		objects, wrong := check(text)
		for _, w := range wrong {
			fmt.Fprintf(os.Stderr, "%s: %s\n", dir, w)
		}
		failed = failed || len(wrong) > 0
		fmt.Printf("%s: %d objects, %d wrong\n", dir, len(objects), len(wrong))
	}
	if failed {
		os.Exit(1)
	}
}

// render is kubectl kustomize.
func render(dir string) ([]byte, error) {
	m, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), dir)
	if err != nil {
		return nil, err
	}
	return m.AsYaml()
}

// check returns what is in text, and what is wrong with it.
func check(text []byte) (set, []string) {
	c := &checker{}
	c.parse(text)
	for _, o := range c.set {
		c.served(o)
		c.custom(o)
	}
	for _, w := range c.workloads() {
		c.security(w)
		c.pod(w)
		c.references(w)
		c.covered(w)
		c.reach(w)
	}
	c.selectors()
	c.services()
	c.targets()
	c.scraped()
	c.shards()
	c.sizes()
	return c.set, c.wrong
}

// A checker gathers what is wrong with a set.
type checker struct {
	set
	wrong []string
}

func (c *checker) add(o fmt.Stringer, format string, args ...any) {
	c.wrong = append(c.wrong, fmt.Sprintf("%v: ", o)+fmt.Sprintf(format, args...))
}
