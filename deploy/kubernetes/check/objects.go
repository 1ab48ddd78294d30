package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"sigs.k8s.io/yaml"

	// What the API server serves.
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	_ "k8s.io/kubernetes/pkg/apis/autoscaling/install"
	_ "k8s.io/kubernetes/pkg/apis/batch/install"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	_ "k8s.io/kubernetes/pkg/apis/networking/install"
	_ "k8s.io/kubernetes/pkg/apis/policy/install"
)

// An object is one manifest: of k8s.io/api with the server's defaults, or of custom.go.
type object struct {
	kind  string
	meta  metav1.ObjectMeta
	value any
}

func (o object) String() string { return o.kind + " " + o.meta.Name }

type set []object

// of are the objects of a type.
func of[T any](s set) (all []T) {
	for _, o := range s {
		if v, ok := o.value.(T); ok {
			all = append(all, v)
		}
	}
	return all
}

// named is the object of a type with a name, or nil.
func named[T any](s set, name string) *T {
	for _, o := range s {
		if v, ok := o.value.(*T); ok && o.meta.Name == name {
			return v
		}
	}
	return nil
}

var strict = serializer.NewCodecFactory(legacyscheme.Scheme, serializer.EnableStrict).UniversalDeserializer()

// parse decodes documents strictly. What cannot be decoded is wrong, and left out.
func (c *checker) parse(text []byte) {
	docs := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
	for {
		doc, err := docs.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		var head metav1.PartialObjectMetadata
		if err == nil {
			err = yaml.Unmarshal(doc, &head)
		}
		o := object{kind: head.Kind, meta: head.ObjectMeta}
		if err == nil {
			o.value, err = decode(doc, head.TypeMeta)
		}
		if err != nil {
			c.add(o, "%v", err)
			continue
		}
		for _, other := range c.set {
			if other.String() == o.String() {
				c.add(o, "there are two of it")
			}
		}
		c.set = append(c.set, o)
	}
}

func decode(doc []byte, kind metav1.TypeMeta) (any, error) {
	if made := customs[kind]; made != nil {
		v := made()
		return v, yaml.UnmarshalStrict(doc, v)
	}
	v, _, err := strict.Decode(doc, nil, nil)
	if runtime.IsNotRegisteredError(err) {
		return nil, fmt.Errorf("nobody here knows kind %s of %s: add it to custom.go", kind.Kind, kind.APIVersion)
	}
	if err == nil {
		legacyscheme.Scheme.Default(v)
	}
	return v, err
}

// A workload makes pods.
type workload struct {
	object
	selector *metav1.LabelSelector // nil: of a Job
	template *corev1.PodTemplateSpec
	claims   []corev1.PersistentVolumeClaim
}

func (w workload) lasting() bool { return w.selector != nil }

func (w workload) containers() []*corev1.Container {
	var all []*corev1.Container
	spec := &w.template.Spec
	for i := range spec.InitContainers {
		all = append(all, &spec.InitContainers[i])
	}
	for i := range spec.Containers {
		all = append(all, &spec.Containers[i])
	}
	return all
}

func (s set) workloads() (all []workload) {
	for _, o := range s {
		switch v := o.value.(type) {
		case *appsv1.Deployment:
			all = append(all, workload{object: o, selector: v.Spec.Selector, template: &v.Spec.Template})
		case *appsv1.StatefulSet:
			all = append(all, workload{object: o, selector: v.Spec.Selector, template: &v.Spec.Template, claims: v.Spec.VolumeClaimTemplates})
		case *batchv1.Job:
			all = append(all, workload{object: o, template: &v.Spec.Template})
		}
	}
	return all
}

// selects reports whether a selector selects the pods of w. One that is nil or empty
// selects none: nothing of ours means all.
func selects(selector *metav1.LabelSelector, w workload) bool {
	s, err := metav1.LabelSelectorAsSelector(selector)
	return err == nil && !s.Empty() && s.Matches(labels.Set(w.template.Labels))
}

// selected are the workloads whose pods a selector selects.
func (s set) selected(selector *metav1.LabelSelector) (all []workload) {
	for _, w := range s.workloads() {
		if selects(selector, w) {
			all = append(all, w)
		}
	}
	return all
}
