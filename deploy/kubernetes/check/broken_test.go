package main

import (
	"regexp"
	"strings"
	"testing"
)

// breaks are ways to break a manifest, and what must be said of each. From is cut out
// of the overlay's text, first occurrence, and To put in its place.
var breaks = []struct{ name, overlay, from, to, want string }{
	// What the API server does not take.
	{"an unknown field", "dev", "replicas: 1", "replica: 1", `unknown field "spec.replica"`},
	{"a wrong type", "dev", "replicas: 1", "replicas: one", "cannot unmarshal string"},
	{"a kind that nobody knows", "dev", "kind: NetworkPolicy", "kind: NetworkPolicies", "nobody here knows kind NetworkPolicies"},
	{"a name that cannot be", "dev", "  name: monitorink\n  namespace: monitorink\nspec:\n  replicas", "  name: Monitor_Ink\n  namespace: monitorink\nspec:\n  replicas", "the API server refuses it: metadata.name"},
	{"a port that cannot be", "dev", "containerPort: 8080", "containerPort: 80800", "the API server refuses it: spec.template.spec.containers[0].ports[0].containerPort"},
	{"a probe that cannot be", "dev", "failureThreshold: 30", "failureThreshold: -1", "the API server refuses it: spec.template.spec.containers[0].startupProbe.failureThreshold"},
	{"a selector that is not its own", "dev", "    matchLabels:\n      app.kubernetes.io/component: monitorink", "    matchLabels:\n      app.kubernetes.io/component: other", "`selector` does not match template `labels`"},
	{"a Job that never ends", "operators", "restartPolicy: Never", "restartPolicy: Always", "the API server refuses it: spec.template.spec.restartPolicy"},
	{"limits below requests", "dev", "            memory: 256Mi", "            memory: 64Mi", "must be less than or equal to memory limit"},
	{"two of one name", "operators", "  name: prometheus\n", "  name: heartbeat\n", "there are two of it"},
	{"no namespace", "dev", "  name: monitorink\n  namespace: monitorink\nspec:\n  replicas", "  name: monitorink\nspec:\n  replicas", "it has no namespace"},

	// What operators do not take.
	{"a right that Kafka does not have", "operators", "- Write", "- Writes", `a right is "Writes"`},
	{"a topic that is not there", "operators", "        name: monitorink.dlq", "        name: monitorink.dql", "there is no KafkaTopic monitorink.dql"},
	{"a user of another Kafka", "operators", "    strimzi.io/cluster: kafka\n  name: monitorink-heartbeat", "    strimzi.io/cluster: other\n  name: monitorink-heartbeat", `names "other", which no Kafka is`},
	{"a field that Kafka does not have", "operators", "entityOperator:", "entityOperators:", `unknown field "entityOperators"`},
	{"a field that a Cluster does not have", "operators", "  instances: 3", "  replicas: 3", `unknown field "replicas"`},
	{"a role without its Secret", "operators", "passwordSecret:\n        name: monitorink-postgres", "passwordSecret:\n        name: monitorink-role", "the Secret monitorink-role"},
	{"a field that a PodMonitor does not have", "operators", "podMetricsEndpoints", "podMetricsEndpoint", `unknown field "podMetricsEndpoint"`},
	{"more collectors than partitions", "operators", "maxReplicas: 6", "maxReplicas: 24", "monitorink.events has 12 partitions"},

	// What is referred to.
	{"a ConfigMap that is not there", "dev", "- configMap:\n          name: monitors", "- configMap:\n          name: monitor", "there is no ConfigMap monitor"},
	{"settings that are not there", "operators", "            name: settings-", "            name: setting-", "there is no ConfigMap setting-"},
	{"a key of a ConfigMap", "dev", "- configMap:\n          name: monitors", "- configMap:\n          items: [{key: more.yaml, path: more.yaml}]\n          name: monitors", "the ConfigMap monitors has no key more.yaml"},
	{"a Secret that nobody makes", "dev", "secretName: monitorink-token", "secretName: token", "makes the Secret token, and docs/kubernetes.md does not either"},
	{"a key of an operator's Secret", "operators", "key: password\n                path: password\n              name: monitorink-collector", "key: pass\n                path: password\n              name: monitorink-collector", "the Secret monitorink-collector has no key pass"},
	{"a key of a Secret in the environment", "cloud/confluent", "key: url", "key: uri", "the Secret monitorink-flyway has no key uri"},
	{"a file that the Secret does not have", "dev", "/etc/monitorink/token/read-token", "/etc/monitorink/token/readtoken", "MONITORINK_READ_TOKEN_FILE is /etc/monitorink/token/readtoken, and the volume token has"},
	{"a file that nothing mounts", "dev", "/etc/monitorink/token/read-token", "/etc/monitorink/tokens/read-token", "nothing is mounted at /etc/monitorink/tokens"},
	{"a volume that is not there", "dev", "name: token\n", "name: tokens\n", "it mounts the volume tokens, which is not there"},
	{"a volume that nobody mounts", "dev", "      volumes:\n", "      volumes:\n      - name: more\n        emptyDir: {sizeLimit: 1Mi}\n", "nobody mounts the volume more"},
	{"a volume of claims under another name", "operators", "  volumeClaimTemplates:\n  - metadata:\n      name: data", "  volumeClaimTemplates:\n  - metadata:\n      name: spool", "volumeMounts[0].name: Not found: \"data\""},
	{"a folder by subPath", "dev", "mountPath: /etc/monitorink/monitors\n", "mountPath: /etc/monitorink/monitors\n          subPath: monitors.yaml\n", "by subPath, which does not follow changes"},
	{"an account that is not there", "dev", "serviceAccountName: monitorink", "serviceAccountName: monitor", `there is no ServiceAccount "monitor"`},
	{"a variable that is not defined", "operators", "value: $(POD_INDEX)/2", "value: $(POD_INDX)/2", "MONITORINK_SHARD refers to $(POD_INDX)"},
	{"a secret in the environment", "dev", "- name: MONITORINK_TOKEN_FILE\n          value: /etc/monitorink/token/token", "- name: MONITORINK_TOKEN\n          valueFrom: {secretKeyRef: {name: monitorink-token, key: token}}", "mount it, and set MONITORINK_TOKEN_FILE"},
	{"a probe of a port that is not there", "dev", "port: http\n          periodSeconds: 2", "port: web\n          periodSeconds: 2", "its readiness probe asks port web"},
	{"a probe of another path", "dev", "path: /readyz", "path: /healthz", "its readiness probe asks /healthz: that is /readyz"},
	{"a Service to a port that is not there", "dev", "targetPort: http", "targetPort: web", "none of the pods that it selects has the port web"},
	{"an autoscaler of nothing", "operators", "    kind: Deployment\n    name: collector", "    kind: Deployment\n    name: collectors", "there is no Deployment collectors"},
	{"a StatefulSet without its Service", "operators", "serviceName: heartbeat", "serviceName: heart", `serviceName is "heart"`},
	{"metrics without a token", "operators", "key: read-token\n        name: monitorink-token", "key: readtoken\n        name: monitorink-token", "the Secret monitorink-token has no key readtoken"},
	{"a job that the rules do not know", "operators", "jobLabel: app.kubernetes.io/component", "jobLabel: app.kubernetes.io/name", `the job of StatefulSet heartbeat would be "monitorink"`},

	// What is selected.
	{"a Service of nothing", "dev", "  selector:\n    app.kubernetes.io/component: monitorink", "  selector:\n    app.kubernetes.io/component: other", "Service monitorink: it selects no pod"},
	{"a budget of nothing", "operators", "PodDisruptionBudget\nmetadata:\n  labels:\n    app.kubernetes.io/component: collector\n    app.kubernetes.io/name: monitorink\n    app.kubernetes.io/part-of: monitorink\n  name: collector\n  namespace: monitorink\nspec:\n  maxUnavailable: 1\n  selector:\n    matchLabels:\n      app.kubernetes.io/component: collector", "PodDisruptionBudget\nmetadata:\n  name: collector\n  namespace: monitorink\nspec:\n  maxUnavailable: 1\n  selector:\n    matchLabels:\n      app.kubernetes.io/component: other", "no PodDisruptionBudget is about it"},
	{"a policy of nothing", "dev", "podSelector:\n    matchLabels:\n      app.kubernetes.io/component: monitorink", "podSelector:\n    matchLabels:\n      app.kubernetes.io/component: other", "no NetworkPolicy is about its Egress"},
	{"a policy of half", "dev", "  - Egress\n", "", "no NetworkPolicy is about its Egress"},
	{"a constraint over others", "operators", "      - labelSelector:\n          matchLabels:\n            app.kubernetes.io/component: heartbeat", "      - labelSelector:\n          matchLabels:\n            app.kubernetes.io/component: other", "does not select its own pods"},
	{"pods that two select", "operators", "        app.kubernetes.io/component: migrate\n        app.kubernetes.io/name: monitorink", "        app.kubernetes.io/component: collector\n        app.kubernetes.io/name: monitorink", "Deployment collector: it selects the pods of Job migrate-v"},
	{"a budget that holds every node up", "operators", "  maxUnavailable: 1\n", "  maxUnavailable: 0\n", "lets none of its pods go"},
	{"the same, as what has to stay", "operators", "  maxUnavailable: 1\n", "  minAvailable: 2\n", "lets none of its pods go"},
	{"a prober that may not probe", "operators", "  egress:\n  - {}", "  egress:\n  - ports:\n    - port: 443", "StatefulSet heartbeat: its NetworkPolicy does not let it probe everything"},
	{"no names", "operators", "    - port: 53\n      protocol: UDP\n", "    - port: 5353\n      protocol: UDP\n", "Deployment collector: its NetworkPolicy does not let it send to port 53 by UDP"},
	{"no Kafka", "cloud/aiven", "    - endPort: 30000\n      port: 10000\n", "    - port: 10000\n", "Deployment collector: its NetworkPolicy does not let it send to port 12346 by TCP"},
	{"no Postgres", "operators", "    - port: 5432\n", "    - port: 5433\n", "Deployment collector: its NetworkPolicy does not let it send to port 5432 by TCP"},
	{"no Prometheus", "operators", "          kubernetes.io/metadata.name: monitoring\n    ports:\n    - port: http", "          kubernetes.io/metadata.name: monitoring\n    ports:\n    - port: 1", "StatefulSet heartbeat: no NetworkPolicy lets Prometheus ask its port http"},

	// How a pod is confined.
	{"volumes of somebody else", "operators", "        fsGroup: 65532\n", "", "its volumes do not belong to its group"},
	{"a namespace that takes anything", "dev", "pod-security.kubernetes.io/enforce: restricted", "pod-security.kubernetes.io/enforce: baseline", "does not enforce the Restricted standard"},
	{"root", "dev", "runAsNonRoot: true", "runAsNonRoot: false", "it is not Restricted: runAsNonRoot"},
	{"another user", "dev", "runAsUser: 65532", "runAsUser: 1000", "its user is another than 65532"},
	{"capabilities", "dev", "            - ALL\n", "            - CHOWN\n", "it is not Restricted: unrestricted capabilities"},
	{"more privileges", "dev", "allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true", "it is not Restricted: allowPrivilegeEscalation != false"},
	{"no seccomp", "dev", "type: RuntimeDefault", "type: Unconfined", "it is not Restricted: seccompProfile"},
	{"the host's network", "dev", "    spec:\n      automount", "    spec:\n      hostNetwork: true\n      automount", "it is not Restricted: host namespaces"},
	{"a folder of the host", "dev", "- name: token\n        secret:", "- name: token\n        hostPath: {path: /}\n      - name: other\n        secret:", "it is not Restricted: restricted volume types"},
	{"a root that can be written", "dev", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "its root can be written"},
	{"a token of Kubernetes", "dev", "    spec:\n      automountServiceAccountToken: false", "    spec:\n      automountServiceAccountToken: true", "it gets a token of its account"},
	{"any image", "dev", "image: monitorink/monitorink:0.1.0", "image: monitorink/monitorink:latest", "name a version"},
	{"no limit of memory", "dev", "          limits:\n            memory: 256Mi\n", "", "a limit of memory"},
	{"a limit of cpu", "dev", "          limits:\n", "          limits:\n            cpu: 500m\n", "which makes a prober late"},
	{"a folder without an end", "operators", "- emptyDir:\n          sizeLimit: 64Mi", "- emptyDir: {}", "the volume tmp has no sizeLimit"},
	{"a kill before the drain is over", "dev", "terminationGracePeriodSeconds: 15", "terminationGracePeriodSeconds: 5", "it is killed after 5s, and its drain may take 5s"},
	{"the same, with a pause before it", "operators", "terminationGracePeriodSeconds: 50", "terminationGracePeriodSeconds: 36", "its drain may take 35s"},

	// What belongs together.
	{"another number of shards", "operators", "value: $(POD_INDEX)/2", "value: $(POD_INDEX)/3", `MONITORINK_SHARD of its first pod is "1/3" and not "1/2"`},
	{"shards from 0", "operators", "    start: 1", "    start: 0", `is "0/2" and not "1/2"`},
	{"a migration that is not there", "operators", "  V2__create_partition_functions.sql:", "  V2__other.sql:", "it has no V2__create_partition_functions.sql"},
	{"a Job of another version", "operators", "name: migrate-v", "name: migrate-v1", "so that its name is migrate-v"},
}

func TestABrokenManifestIsTold(t *testing.T) {
	texts := map[string]string{}
	for _, overlay := range overlays {
		texts[overlay] = rendered(t, overlay)
	}
	for _, c := range breaks {
		t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) {
			text := texts[c.overlay]
			if !strings.Contains(text, c.from) {
				t.Fatalf("%s has no %q", c.overlay, c.from)
			}
			_, wrong := check([]byte(strings.Replace(text, c.from, c.to, 1)))
			if !strings.Contains(strings.Join(wrong, "\n"), c.want) {
				t.Errorf("it does not say %q, but %q", c.want, wrong)
			}
		})
	}
}

func TestAConfigMapThatIsTooBigIsTold(t *testing.T) {
	text := regexp.MustCompile(`monitors\.yaml: \|\n`).ReplaceAllString(rendered(t, "dev"), "monitors.yaml: |\n    # "+strings.Repeat("x", 1<<20-4000)+"\n")
	if _, wrong := check([]byte(text)); !strings.Contains(strings.Join(wrong, "\n"), "ConfigMap monitors: it has") {
		t.Errorf("got %q", wrong)
	}
}
