package main

import (
	"context"
	"maps"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/api/pod"
	"k8s.io/kubernetes/pkg/apis/apps"
	appsvalidation "k8s.io/kubernetes/pkg/apis/apps/validation"
	"k8s.io/kubernetes/pkg/apis/autoscaling"
	autoscalingvalidation "k8s.io/kubernetes/pkg/apis/autoscaling/validation"
	"k8s.io/kubernetes/pkg/apis/batch"
	batchvalidation "k8s.io/kubernetes/pkg/apis/batch/validation"
	"k8s.io/kubernetes/pkg/apis/core"
	corevalidation "k8s.io/kubernetes/pkg/apis/core/validation"
	"k8s.io/kubernetes/pkg/apis/networking"
	networkingvalidation "k8s.io/kubernetes/pkg/apis/networking/validation"
	"k8s.io/kubernetes/pkg/apis/policy"
	policyvalidation "k8s.io/kubernetes/pkg/apis/policy/validation"
)

// served holds an object to what the API server would accept, and tells of what it
// would warn of.
func (c *checker) served(o object) {
	v, ok := o.value.(runtime.Object)
	if !ok || !legacyscheme.Scheme.Recognizes(v.GetObjectKind().GroupVersionKind()) {
		return
	}
	group := schema.GroupVersion{Group: v.GetObjectKind().GroupVersionKind().Group, Version: runtime.APIVersionInternal}
	internal, err := legacyscheme.Scheme.ConvertToVersion(v, group)
	if err != nil {
		c.add(o, "%v", err)
		return
	}
	wrong, template := validate(internal)
	for _, w := range wrong {
		c.add(o, "the API server refuses it: %v", w)
	}
	for _, w := range pod.GetWarningsForPodTemplate(context.Background(), field.NewPath("spec", "template"), template, nil) {
		c.add(o, "the API server warns: %s", w)
	}
	if o.kind != "Namespace" && o.meta.Namespace == "" {
		c.add(o, "it has no namespace")
	}
}

// validate returns what is wrong with an object, and its template of pods.
func validate(o runtime.Object) (field.ErrorList, *core.PodTemplateSpec) {
	switch v := o.(type) {
	case *core.Namespace:
		return corevalidation.ValidateNamespace(v), nil
	case *core.ConfigMap:
		return corevalidation.ValidateConfigMap(v), nil
	case *core.Secret:
		return corevalidation.ValidateSecret(v), nil
	case *core.ServiceAccount:
		return corevalidation.ValidateServiceAccount(v), nil
	case *core.Service:
		if v.Spec.ClusterIP == core.ClusterIPNone { // as the server does
			v.Spec.ClusterIPs = []string{core.ClusterIPNone}
		}
		return corevalidation.ValidateServiceCreate(v), nil
	case *apps.Deployment:
		return appsvalidation.ValidateDeployment(v, options(&v.Spec.Template)), &v.Spec.Template
	case *apps.StatefulSet:
		return appsvalidation.ValidateStatefulSet(v, appsvalidation.StatefulSetValidationOptions{}, options(&v.Spec.Template)), &v.Spec.Template
	case *batch.Job:
		// The server makes the selector.
		v.Spec.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{batch.ControllerUidLabel: "uid"}}
		v.Spec.Template.Labels = maps.Clone(v.Spec.Template.Labels)
		v.Spec.Template.Labels[batch.ControllerUidLabel] = "uid"
		return batchvalidation.ValidateJobSpec(&v.Spec, nil, field.NewPath("spec"), options(&v.Spec.Template)), &v.Spec.Template
	case *networking.NetworkPolicy:
		return networkingvalidation.ValidateNetworkPolicy(v, networkingvalidation.NetworkPolicyValidationOptions{}), nil
	case *policy.PodDisruptionBudget:
		return policyvalidation.ValidatePodDisruptionBudget(v, policyvalidation.PodDisruptionBudgetValidationOptions{}), nil
	case *autoscaling.HorizontalPodAutoscaler:
		return autoscalingvalidation.ValidateHorizontalPodAutoscaler(v, autoscalingvalidation.HorizontalPodAutoscalerSpecValidationOptions{MinReplicasLowerBound: 1}), nil
	}
	return field.ErrorList{field.NotSupported(field.NewPath("kind"), o.GetObjectKind().GroupVersionKind().Kind, []string{"what served.go validates"})}, nil
}

func options(template *core.PodTemplateSpec) corevalidation.PodValidationOptions {
	return pod.GetValidationOptionsFromPodTemplate(template, nil)
}
