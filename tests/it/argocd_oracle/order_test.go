// Asks Argo CD itself for the order of a sync. It has to be in the folder pkg/sync of Argo CD's
// gitops-engine, for what it calls is not exported; README.md beside it says how to run it.
package sync

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	fakedisco "k8s.io/client-go/discovery/fake"
	testcore "k8s.io/client-go/testing"

	"github.com/argoproj/argo-cd/gitops-engine/v3/pkg/sync/common"
	"github.com/argoproj/argo-cd/gitops-engine/v3/pkg/utils/kube"
)

// Case is the objects of one application and the order in which they are applied.
type Case struct {
	Name      string           `json:"name"`
	Namespace string           `json:"namespace"`
	Objects   []map[string]any `json:"objects"`
	Live      []map[string]any `json:"live,omitempty"`
	Order     []string         `json:"order"`
}

type scopes struct{}

func (scopes) IsNamespaced(schema.GroupKind) (bool, error) { return true, nil }

// The phases, waves and objects of a sync, as Argo CD sorts them.
func order(namespace string, objects, live []*unstructured.Unstructured) []string {
	resources := map[string]*metav1.APIResourceList{}
	for _, one := range append(append([]*unstructured.Unstructured{}, objects...), live...) {
		gv := one.GroupVersionKind().GroupVersion().String()
		if resources[gv] == nil {
			resources[gv] = &metav1.APIResourceList{GroupVersion: gv}
		}
		resources[gv].APIResources = append(resources[gv].APIResources,
			metav1.APIResource{Kind: one.GetKind(), Name: strings.ToLower(one.GetKind()), Verbs: []string{"get"}})
	}
	lists := []*metav1.APIResourceList{}
	for _, list := range resources {
		lists = append(lists, list)
	}
	sc := newTestSyncCtx(nil)
	sc.namespace = namespace
	sc.startedAt = time.Unix(0, 0)
	sc.disco = &fakedisco.FakeDiscovery{Fake: &testcore.Fake{Resources: lists}}
	known := map[kube.ResourceKey]*unstructured.Unstructured{}
	for _, one := range live {
		one = one.DeepCopy()
		if one.GetNamespace() == "" {
			one.SetNamespace(namespace)
		}
		one.SetUID(types.UID(fmt.Sprint(len(known))))
		known[kube.GetResourceKey(one)] = one
	}
	result := Reconcile(objects, known, namespace, scopes{})
	sc.resources, sc.hooks = groupResources(result), result.Hooks
	tasks, _ := sc.getSyncTasks(context.Background())
	rank := func(i int) string {
		one := tasks[i]
		return fmt.Sprint(one.phase, one.wave(), kindOrder[one.kind()], one.name())
	}
	shown := []string{}
	for begin := 0; begin < len(tasks); {
		// What is equal for Argo CD comes in any order, for its sort is not a stable one.
		end := begin
		equal := []string{}
		for ; end < len(tasks) && rank(end) == rank(begin); end++ {
			one := tasks[end]
			name := one.name()
			if generated := one.obj().GetGenerateName(); generated != "" {
				name = generated
			}
			prune := ""
			if one.isPrune() {
				prune = "prune "
			}
			equal = append(equal, fmt.Sprintf("%s %d %s%s/%s", one.phase, one.wave(), prune, one.kind(), name))
		}
		sort.Strings(equal)
		shown = append(shown, equal...)
		begin = end
	}
	return shown
}

func newCase(name, namespace string, objects, live []*unstructured.Unstructured) Case {
	random := rand.New(rand.NewSource(int64(len(name)) + int64(len(objects))))
	random.Shuffle(len(objects), func(i, j int) { objects[i], objects[j] = objects[j], objects[i] })
	result := Case{Name: name, Namespace: namespace, Order: order(namespace, objects, live)}
	for _, one := range objects {
		result.Objects = append(result.Objects, reduced(one))
	}
	for _, one := range live {
		result.Live = append(result.Live, reduced(one))
	}
	return result
}

// What the order depends on.
func reduced(one *unstructured.Unstructured) map[string]any {
	metadata := map[string]any{}
	for key, value := range map[string]string{"name": one.GetName(), "namespace": one.GetNamespace(), "generateName": one.GetGenerateName()} {
		if value != "" {
			metadata[key] = value
		}
	}
	annotations := map[string]any{}
	for key, value := range one.GetAnnotations() {
		for _, known := range []string{"/hook", "/sync-wave", "/hook-weight", "/sync-options"} {
			if strings.HasSuffix(key, known) {
				annotations[key] = value
			}
		}
	}
	if len(annotations) > 0 {
		metadata["annotations"] = annotations
	}
	result := map[string]any{"apiVersion": one.GetAPIVersion(), "kind": one.GetKind(), "metadata": metadata}
	if kube.IsCRD(one) {
		group, _, _ := unstructured.NestedString(one.Object, "spec", "group")
		kind, _, _ := unstructured.NestedString(one.Object, "spec", "names", "kind")
		result["spec"] = map[string]any{"group": group, "names": map[string]any{"kind": kind}}
	}
	return result
}

var gvks = []string{
	"v1 Namespace", "v1 Secret", "v1 ConfigMap", "v1 Service", "v1 ServiceAccount", "v1 Pod", "v1 PersistentVolumeClaim",
	"apps/v1 Deployment", "apps/v1 StatefulSet", "apps/v1 DaemonSet", "batch/v1 Job", "batch/v1 CronJob",
	"networking.k8s.io/v1 Ingress", "networking.k8s.io/v1 NetworkPolicy", "networking.k8s.io/v1 IngressClass",
	"rbac.authorization.k8s.io/v1 Role", "rbac.authorization.k8s.io/v1 ClusterRoleBinding",
	"autoscaling/v2 HorizontalPodAutoscaler", "policy/v1 PodDisruptionBudget", "storage.k8s.io/v1 StorageClass",
	"apiregistration.k8s.io/v1 APIService", "traefik.io/v1alpha1 Middleware", "a.example.com/v1 Namespace",
	"a.example.com/v1 One", "b.example.com/v1 Two",
}

// An application made by chance: all kinds, waves, hooks, namespaces and definitions.
func random(seed int64) Case {
	random := rand.New(rand.NewSource(seed))
	pick := func(of ...string) string { return of[random.Intn(len(of))] }
	objects := []*unstructured.Unstructured{}
	add := func(gvk, name, namespace string) *unstructured.Unstructured {
		one := &unstructured.Unstructured{Object: map[string]any{}}
		version, kind, _ := strings.Cut(gvk, " ")
		one.SetAPIVersion(version)
		one.SetKind(kind)
		one.SetName(name)
		one.SetNamespace(namespace)
		annotations := map[string]string{}
		if random.Intn(2) == 0 {
			annotations[common.AnnotationSyncWave] = pick("-10", "-1", "0", "1", "2", "10", "+3", "x", "", "1.5", " 1", "99999999999999999999")
		}
		switch random.Intn(8) {
		case 0, 1:
			annotations[common.AnnotationKeyHook] = pick("PreSync", "Sync", "PostSync", "SyncFail", "Skip", "PostDelete",
				"PreSync,PostSync", " PreSync , Sync", "Skip,PreSync", "presync", "", "PreSync,nope", "Sync,Sync", "PreDelete")
		case 2:
			annotations["helm.sh/hook"] = pick("pre-install", "post-upgrade", "crd-install", "test", "pre-install,pre-upgrade",
				"pre-delete", "pre-rollback", "nope", "", "crd-install,pre-install", "post-delete")
		}
		if random.Intn(6) == 0 {
			annotations["helm.sh/hook-weight"] = pick("-3", "4", "x", "")
		}
		if len(annotations) > 0 {
			one.SetAnnotations(annotations)
		}
		objects = append(objects, one)
		return one
	}
	for n := 2 + random.Intn(14); n > 0; n-- {
		add(gvks[random.Intn(len(gvks))], fmt.Sprintf("%s%d", pick("a", "b", "web", "x-"), n), pick("", "", "one", "two", "here"))
	}
	for _, name := range []string{"one", "two", "here"} {
		if random.Intn(2) == 0 {
			add("v1 Namespace", name, "")
		}
	}
	for _, of := range [][2]string{{"a.example.com", "One"}, {"b.example.com", "Two"}} {
		if random.Intn(2) == 0 {
			one := add("apiextensions.k8s.io/v1 CustomResourceDefinition", strings.ToLower(of[1])+"."+of[0], "")
			_ = unstructured.SetNestedField(one.Object, of[0], "spec", "group")
			_ = unstructured.SetNestedField(one.Object, of[1], "spec", "names", "kind")
		}
	}
	for n := random.Intn(3); n > 0; n-- {
		one := add("batch/v1 Job", "", "")
		one.SetGenerateName(fmt.Sprintf("%s%d-", pick("g", "web", "z"), n))
		one.SetAnnotations(map[string]string{common.AnnotationKeyHook: pick("PreSync", "Sync,PostSync")})
	}
	targets := objects
	objects = nil
	if seed%2 == 1 {
		// What an earlier sync applied: some of it is still there, some is pruned.
		for _, one := range targets {
			if one.GetName() != "" && random.Intn(3) == 0 {
				objects = append(objects, one.DeepCopy())
			}
		}
		for n := 1 + random.Intn(6); n > 0; n-- {
			one := add(gvks[random.Intn(len(gvks))], fmt.Sprintf("%s%d", pick("old", "b-old", "y"), n), pick("", "one", "here"))
			if random.Intn(3) == 0 {
				annotations := one.GetAnnotations()
				if annotations == nil {
					annotations = map[string]string{}
				}
				annotations[common.AnnotationSyncOptions] = pick("PruneLast=true", "Prune=false", "PruneLast=true,Prune=false", "Replace=true, PruneLast=true", "PruneLast=false")
				one.SetAnnotations(annotations)
			}
		}
	}
	return newCase(fmt.Sprintf("random %d", seed), "here", targets, objects)
}

func TestOrder(t *testing.T) {
	cases := []Case{}
	paths, _ := filepath.Glob(filepath.Join(os.Getenv("MANIFESTS"), "*.yaml"))
	sort.Strings(paths)
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		objects, err := kube.SplitYAML(text)
		if err != nil {
			t.Fatal(path, err)
		}
		name, namespace, _ := strings.Cut(strings.TrimSuffix(filepath.Base(path), ".yaml"), "@")
		cases = append(cases, newCase(strings.ReplaceAll(name, "+", "/"), namespace, objects, nil))
	}
	count, err := strconv.ParseInt(os.Getenv("RANDOM_CASES"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	for seed := int64(0); seed < count; seed++ {
		cases = append(cases, random(seed))
	}
	lines := []string{}
	for _, one := range cases {
		line, err := json.Marshal(one)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(line))
	}
	if err := os.WriteFile(os.Getenv("CASES"), []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}
