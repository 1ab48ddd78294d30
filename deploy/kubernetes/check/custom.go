package main

import (
	"slices"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// customs are the kinds of operators. Those of Prometheus are the operator's own types;
// of the others, whose types cannot be had without all that they stand on, it is what
// the manifests here use: Strimzi 1.2, CloudNativePG 1.27.
var customs = map[metav1.TypeMeta]func() any{
	{Kind: "PodMonitor", APIVersion: "monitoring.coreos.com/v1"}:     func() any { return new(monitoringv1.PodMonitor) },
	{Kind: "PrometheusRule", APIVersion: "monitoring.coreos.com/v1"}: func() any { return new(monitoringv1.PrometheusRule) },
	{Kind: "Kafka", APIVersion: strimzi}:                             func() any { return new(kafka) },
	{Kind: "KafkaNodePool", APIVersion: strimzi}:                     func() any { return new(kafkaNodePool) },
	{Kind: "KafkaTopic", APIVersion: strimzi}:                        func() any { return new(kafkaTopic) },
	{Kind: "KafkaUser", APIVersion: strimzi}:                         func() any { return new(kafkaUser) },
	{Kind: "Cluster", APIVersion: "postgresql.cnpg.io/v1"}:           func() any { return new(postgres) },
}

const strimzi = "kafka.strimzi.io/v1"

// A resourceOf is what all have.
type resourceOf[Spec any] struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              Spec `json:"spec"`
}

type typed struct {
	Type string `json:"type"`
}

type (
	kafka = resourceOf[struct {
		Kafka struct {
			Listeners []struct {
				Name           string `json:"name"`
				Port           int    `json:"port"`
				Type           string `json:"type"`
				TLS            bool   `json:"tls"`
				Authentication typed  `json:"authentication"`
			} `json:"listeners"`
			Authorization typed          `json:"authorization"`
			Config        map[string]any `json:"config"`
		} `json:"kafka"`
		EntityOperator struct {
			TopicOperator *struct{} `json:"topicOperator"`
			UserOperator  *struct{} `json:"userOperator"`
		} `json:"entityOperator"`
	}]
	kafkaNodePool = resourceOf[struct {
		Replicas int      `json:"replicas"`
		Roles    []string `json:"roles"`
		Storage  struct {
			Type    string `json:"type"`
			Volumes []struct {
				ID            int               `json:"id"`
				Type          string            `json:"type"`
				Size          resource.Quantity `json:"size"`
				KraftMetadata string            `json:"kraftMetadata"`
			} `json:"volumes"`
		} `json:"storage"`
	}]
	kafkaTopic = resourceOf[struct {
		Partitions int            `json:"partitions"`
		Replicas   int            `json:"replicas"`
		Config     map[string]any `json:"config"`
	}]
	kafkaUser = resourceOf[struct {
		Authentication typed `json:"authentication"`
		Authorization  struct {
			Type string `json:"type"`
			ACLs []struct {
				Resource struct {
					Type        string `json:"type"`
					Name        string `json:"name"`
					PatternType string `json:"patternType"`
				} `json:"resource"`
				Operations []string `json:"operations"`
			} `json:"acls"`
		} `json:"authorization"`
	}]
	postgres = resourceOf[struct {
		Instances int `json:"instances"`
		Storage   struct {
			Size resource.Quantity `json:"size"`
		} `json:"storage"`
		Bootstrap struct {
			InitDB struct {
				Database               string   `json:"database"`
				Owner                  string   `json:"owner"`
				PostInitSQL            []string `json:"postInitSQL"`
				PostInitApplicationSQL []string `json:"postInitApplicationSQL"`
			} `json:"initdb"`
		} `json:"bootstrap"`
		Managed struct {
			Roles []struct {
				Name           string `json:"name"`
				Login          bool   `json:"login"`
				PasswordSecret struct {
					Name string `json:"name"`
				} `json:"passwordSecret"`
			} `json:"roles"`
		} `json:"managed"`
	}]
)

// custom holds what an operator reads to what it would accept.
func (c *checker) custom(o object) {
	oneOf := func(what, is string, allowed ...string) {
		if !slices.Contains(allowed, is) {
			c.add(o, "%s is %q: write one of %q", what, is, allowed)
		}
	}
	switch v := o.value.(type) {
	case *kafka:
		for _, l := range v.Spec.Kafka.Listeners {
			oneOf("a listener's type", l.Type, "internal")
			oneOf("a listener's authentication", l.Authentication.Type, "scram-sha-512", "tls")
		}
		oneOf("authorization", v.Spec.Kafka.Authorization.Type, "simple")
	case *kafkaNodePool:
		c.ofKafka(o)
		for _, role := range v.Spec.Roles {
			oneOf("a role", role, "controller", "broker")
		}
	case *kafkaTopic:
		c.ofKafka(o)
		if v.Spec.Partitions < 1 || v.Spec.Replicas < 1 {
			c.add(o, "it needs partitions and replicas")
		}
	case *kafkaUser:
		c.ofKafka(o)
		oneOf("authentication", v.Spec.Authentication.Type, "scram-sha-512", "tls")
		oneOf("authorization", v.Spec.Authorization.Type, "simple")
		for _, acl := range v.Spec.Authorization.ACLs {
			oneOf("what a right is to", acl.Resource.Type, "topic", "group")
			oneOf("how a right is to it", acl.Resource.PatternType, "", "literal", "prefix")
			for _, op := range acl.Operations {
				oneOf("a right", op, "Read", "Write", "Describe")
			}
			if acl.Resource.Type == "topic" && named[kafkaTopic](c.set, acl.Resource.Name) == nil {
				c.add(o, "there is no KafkaTopic %s", acl.Resource.Name)
			}
		}
	case *postgres:
		for _, role := range v.Spec.Managed.Roles {
			c.secret(o, role.PasswordSecret.Name, "username", "password")
		}
	}
}

// ofKafka says that what carries the label of a cluster belongs to one that is there.
func (c *checker) ofKafka(o object) {
	if name := o.meta.Labels["strimzi.io/cluster"]; named[kafka](c.set, name) == nil {
		c.add(o, "its label strimzi.io/cluster names %q, which no Kafka is", name)
	}
}
