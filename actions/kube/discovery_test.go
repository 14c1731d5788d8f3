package kube_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/clustertest"
	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/faultproxy"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

func text(s string) *spec.String { return &spec.String{Value: s} }

func TestSelectByName(t *testing.T) {
	client := connect(t, kube.Options{})
	tests := map[string]struct {
		selector spec.Selector
		want     string
	}{
		"kind":                {spec.Selector{Kind: text("Pod")}, "pods.v1"},
		"plural":              {spec.Selector{Plural: text("deployments")}, "deployments.v1.apps"},
		"singular":            {spec.Selector{Singular: text("configmap")}, "configmaps.v1"},
		"short name":          {spec.Selector{ShortName: text("pvc")}, "persistentvolumeclaims.v1"},
		"any name: plural":    {spec.Selector{AnyName: text("pods")}, "pods.v1"},
		"any name: singular":  {spec.Selector{AnyName: text("pod")}, "pods.v1"},
		"any name: kind":      {spec.Selector{AnyName: text("PersistentVolumeClaim")}, "persistentvolumeclaims.v1"},
		"any name: short":     {spec.Selector{AnyName: text("deploy")}, "deployments.v1.apps"},
		"with a group":        {spec.Selector{AnyName: text("deployments"), Group: text("apps")}, "deployments.v1.apps"},
		"with a version":      {spec.Selector{AnyName: text("jobs"), Group: text("batch"), Version: text("v1")}, "jobs.v1.batch"},
		"core group":          {spec.Selector{AnyName: text("pods"), Group: text(""), Version: text("v1")}, "pods.v1"},
		"core wins":           {spec.Selector{AnyName: text("events")}, "events.v1"},
		"events by name only": {spec.Selector{Kind: text("Event"), Group: text("events.k8s.io")}, "events.v1.events.k8s.io"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := client.Discovery.Select(t.Context(), &test.selector, nil)
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != 1 || got[0].String() != test.want {
				t.Errorf("got %v, want %s", got, test.want)
			}
		})
	}
}

func TestSelectTellsWhatAResourceIs(t *testing.T) {
	client := connect(t, kube.Options{})
	got, err := client.Discovery.Find(t.Context(), &spec.Selector{AnyName: text("deploy")})
	if err != nil {
		t.Fatal(err)
	}
	if !got.Namespaced || !got.Status || !got.Preferred || !got.Watchable() || got.Supports("list", "fly") {
		t.Errorf("%+v", got)
	}
	vars := got.Vars()
	for key, want := range map[string]any{
		"group": "apps", "version": "v1", "kind": "Deployment", "plural": "deployments", "singular": "deployment",
		"namespaced": true, "preferred": true,
	} {
		if vars[key] != want {
			t.Errorf("%s is %v", key, vars[key])
		}
	}
	if !slices.Equal(vars["shortNames"].([]any), []any{"deploy"}) || !slices.Contains(vars["categories"].([]any), any("all")) {
		t.Errorf("%v", vars)
	}
	config, err := client.Discovery.ByKind(t.Context(), "v1", "ConfigMap")
	if err != nil {
		t.Fatal(err)
	}
	if config.Status || config.String() != "configmaps.v1" {
		t.Errorf("%+v", config)
	}
}

func TestSelectMany(t *testing.T) {
	client := connect(t, kube.Options{})
	group := unique("many") + ".example.com"
	category := unique("fruit")
	mine := func(names map[string]any) { names["categories"] = []any{category} }
	install(t, client, crd(group, "Apple", mine), crd(group, "Pear", mine), crd(group, "Nut"))
	yes := &spec.Bool{Value: true}

	t.Run("category", func(t *testing.T) {
		checkNames(t, client, &spec.Selector{Category: text(category)}, "apples.v1."+group, "pears.v1."+group)
	})
	t.Run("any of a group", func(t *testing.T) {
		checkNames(t, client, &spec.Selector{Any: yes, Group: text(group)},
			"apples.v1."+group, "nuts.v1."+group, "pears.v1."+group)
	})
	t.Run("any of a group and version", func(t *testing.T) {
		checkNames(t, client, &spec.Selector{Any: yes, Group: text(group), Version: text("v1beta1")},
			"apples.v1beta1."+group, "nuts.v1beta1."+group, "pears.v1beta1."+group)
	})
	t.Run("any leaves out events and what cannot be watched", func(t *testing.T) {
		all, err := client.Discovery.Select(t.Context(), &spec.Selector{Any: yes}, nil)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, r := range all {
			names = append(names, r.String())
		}
		for _, want := range []string{"pods.v1", "deployments.v1.apps", "apples.v1." + group} {
			if !slices.Contains(names, want) {
				t.Errorf("%s is missing", want)
			}
		}
		for _, not := range []string{"events.v1", "events.v1.events.k8s.io", "bindings.v1", "apples.v1beta1." + group} {
			if slices.Contains(names, not) {
				t.Errorf("%s is there", not)
			}
		}
	})
}

func checkNames(t *testing.T, client *kube.Client, s *spec.Selector, want ...string) {
	t.Helper()
	found, err := client.Discovery.Select(t.Context(), s, nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range found {
		names = append(names, r.String())
	}
	slices.Sort(names)
	if !slices.Equal(names, want) {
		t.Errorf("got %v, want %v", names, want)
	}
}

func TestSelectErrors(t *testing.T) {
	client := connect(t, kube.Options{})
	one, two := unique("one")+".example.com", unique("two")+".example.com"
	pods := func(names map[string]any) {
		names["plural"], names["kind"], names["singular"] = "pods", "Pod", "pod"
	}
	install(t, client, crd(one, "Twin"), crd(two, "Twin"), crd(two, "Pod", pods))

	t.Run("ambiguous", func(t *testing.T) {
		_, err := client.Discovery.Select(t.Context(), &spec.Selector{AnyName: text("twins")}, nil)
		if ambiguous := (*kube.Ambiguous)(nil); !errors.As(err, &ambiguous) || len(ambiguous.Found) != 2 {
			t.Fatalf("%#v", err)
		}
		checkLine(t, err, "twins is the name of several resources: ")
		for _, group := range []string{one, two} {
			checkLine(t, err, "twins.v1."+group)
		}
	})
	t.Run("the core group wins over others", func(t *testing.T) {
		checkNames(t, client, &spec.Selector{AnyName: text("pods")}, "pods.v1")
		checkNames(t, client, &spec.Selector{AnyName: text("pods"), Group: text(two)}, "pods.v1."+two)
	})
	for name, test := range map[string]struct {
		selector spec.Selector
		want     string
	}{
		"typo":                 {spec.Selector{AnyName: text("deploymnets")}, "no resource deploymnets (did you mean deployments.v1.apps"},
		"typo in a kind":       {spec.Selector{Kind: text("configMap")}, "no resource of kind configMap (did you mean configmaps.v1"},
		"typo in a plural":     {spec.Selector{Plural: text("secrts")}, "no resource named secrts (did you mean secrets.v1"},
		"typo in a singular":   {spec.Selector{Singular: text("secrt")}, "no resource named secrt (did you mean secrets.v1"},
		"unknown short name":   {spec.Selector{ShortName: text("dpeloy")}, "no resource with the short name dpeloy"},
		"wrong group":          {spec.Selector{AnyName: text("jobs"), Group: text("apps")}, "no resource jobs in the group apps (did you mean jobs.v1.batch?)"},
		"wrong version":        {spec.Selector{AnyName: text("jobs"), Group: text("batch"), Version: text("v7")}, "in version v7 (did you mean jobs.v1.batch?)"},
		"not in core":          {spec.Selector{AnyName: text("deployments"), Group: text("")}, "in the core group (did you mean deployments.v1.apps"},
		"unlike anything":      {spec.Selector{AnyName: text("qqqqqqqqq")}, "the cluster has no resource qqqqqqqqq"},
		"unknown category":     {spec.Selector{Category: text("nonesuch")}, "no resource of the category nonesuch"},
		"any of unknown group": {spec.Selector{Any: &spec.Bool{Value: true}, Group: text("none.example.com")}, "no resource that can be watched in the group none.example.com"},
		"unwatchable":          {spec.Selector{AnyName: text("tokenreviews")}, "tokenreviews.v1.authentication.k8s.io cannot be watched: it supports only create"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := client.Discovery.Select(t.Context(), &test.selector, nil)
			if missing := (*kube.NoMatch)(nil); !errors.As(err, &missing) {
				t.Fatalf("%#v", err)
			}
			checkLine(t, err, test.want)
		})
	}
	t.Run("unwatchable, but only to be used", func(t *testing.T) {
		got, err := client.Discovery.Find(t.Context(), &spec.Selector{AnyName: text("tokenreviews")})
		if err != nil || got.Kind != "TokenReview" {
			t.Errorf("%v, %v", got, err)
		}
	})
	t.Run("by kind", func(t *testing.T) {
		_, err := client.Discovery.ByKind(t.Context(), "apps/v1", "Deploymnet")
		checkLine(t, err, "no resource Deploymnet of apps/v1 (did you mean deployments.v1.apps?)")
		_, err = client.Discovery.ByKind(t.Context(), "v1", "Deployment")
		checkLine(t, err, "no resource Deployment of v1 (did you mean deployments.v1.apps?)")
		_, err = client.Discovery.ByKind(t.Context(), "a/b/c", "Deployment")
		checkLine(t, err, "no resource apiVersion a/b/c")
	})
	t.Run("by address", func(t *testing.T) {
		_, err := client.Discovery.ByGVR(t.Context(), schema.GroupVersionResource{Version: "v1", Resource: "deployments"})
		checkLine(t, err, "no resource deployments.v1 (did you mean deployments.v1.apps?)")
	})
}

func TestMissAsksAgainButNotTooOften(t *testing.T) {
	now := time.Now()
	proxy := faultproxy.New(t, clustertest.Kubeconfig(t))
	client := connect(t, kube.Options{Kubeconfig: proxy.Kubeconfig(), Now: func() time.Time { return now }})
	group := unique("late") + ".example.com"
	wanted := &spec.Selector{AnyName: text("laters"), Group: text(group)}
	asked := func() int {
		return proxy.Count(func(r *http.Request) bool { return r.URL.Path == "/apis" })
	}
	look := func() error {
		_, err := client.Discovery.Find(t.Context(), wanted)
		return err
	}
	for range 3 {
		if err := look(); err == nil {
			t.Fatal("found before it exists")
		}
	}
	if asked() != 1 {
		t.Errorf("asked %d times", asked())
	}
	install(t, connect(t, kube.Options{}), crd(group, "Later"))
	if err := look(); err == nil || asked() != 1 {
		t.Errorf("%v; asked %d times within the interval", err, asked())
	}
	now = now.Add(10 * time.Second)
	if err := look(); err != nil || asked() != 2 {
		t.Errorf("%v; asked %d times", err, asked())
	}
	now = now.Add(time.Hour)
	if err := look(); err != nil || asked() != 2 {
		t.Errorf("%v; asked %d times although it was known", err, asked())
	}
}

// A miss stays a miss when the server cannot be asked again.
func TestMissWhileTheServerIsAway(t *testing.T) {
	now := time.Now()
	proxy := faultproxy.New(t, clustertest.Kubeconfig(t))
	client := connect(t, kube.Options{Kubeconfig: proxy.Kubeconfig(), Now: func() time.Time { return now }})
	if _, err := client.Discovery.Find(t.Context(), &spec.Selector{AnyName: text("pods")}); err != nil {
		t.Fatal(err)
	}
	proxy.Fail(func(*http.Request) (faultproxy.Fault, bool) { return faultproxy.Fault{Status: 500}, true })
	now = now.Add(time.Hour)
	_, err := client.Discovery.Find(t.Context(), &spec.Selector{AnyName: text("nonesuch")})
	if missing := (*kube.NoMatch)(nil); !errors.As(err, &missing) {
		t.Errorf("%v", err)
	}
	if _, err := client.Discovery.Find(t.Context(), &spec.Selector{AnyName: text("pods")}); err != nil {
		t.Errorf("what was known is not found: %v", err)
	}
}

// Servers and proxies without aggregated discovery tell the same in many answers.
func TestDiscoveryWithoutAggregation(t *testing.T) {
	whole := connect(t, kube.Options{})
	group := unique("legacy") + ".example.com"
	install(t, whole, crd(group, "Fig"))
	config := rest.CopyConfig(whole.REST)
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return plainJSON{next} })
	parts, err := kube.NewClient(config, kube.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want, got := watchable(t, whole, group), watchable(t, parts, group)
	for name, r := range want {
		// Others run tests of their own: only what belongs to this one or to
		// Kubernetes is there for both.
		if strings.HasSuffix(r.Group, ".example.com") && r.Group != group {
			continue
		}
		other, ok := got[name]
		if !ok || other.Kind != r.Kind || other.Preferred != r.Preferred || other.Status != r.Status ||
			other.Namespaced != r.Namespaced || other.Singular != r.Singular || other.Watchable() != r.Watchable() {
			t.Errorf("got %+v, want %+v", other, r)
		}
	}
}

// watchable are all preferred resources, and those of a group in another version.
func watchable(t *testing.T, client *kube.Client, group string) map[string]kube.Resource {
	t.Helper()
	m := map[string]kube.Resource{}
	for _, s := range []spec.Selector{{}, {Group: text(group), Version: text("v1beta1")}} {
		s.Any = &spec.Bool{Value: true}
		found, err := client.Discovery.Select(t.Context(), &s, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range found {
			m[r.String()] = r
		}
	}
	return m
}

type plainJSON struct{ next http.RoundTripper }

func (p plainJSON) RoundTrip(r *http.Request) (*http.Response, error) {
	r.Header.Set("Accept", "application/json")
	return p.next.RoundTrip(r)
}

func TestBrokenAggregatedAPIDoesNotBreakTheRest(t *testing.T) {
	client := connect(t, kube.Options{})
	group := unique("broken") + ".example.com"
	services := client.Dynamic.Resource(schema.GroupVersionResource{Group: "apiregistration.k8s.io", Version: "v1", Resource: "apiservices"})
	broken := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService",
		"metadata": map[string]any{"name": "v1." + group},
		"spec": map[string]any{
			"group": group, "version": "v1", "groupPriorityMinimum": int64(1000), "versionPriority": int64(10),
			"insecureSkipTLSVerify": true,
			"service":               map[string]any{"namespace": "default", "name": "nonesuch"},
		},
	}}
	if _, err := services.Create(t.Context(), broken, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = services.Delete(context.Background(), broken.GetName(), metav1.DeleteOptions{}) })
	config := rest.CopyConfig(client.REST)
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return plainJSON{next} })
	parts, err := kube.NewClient(config, kube.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []*kube.Client{client, parts} {
		if err := c.Discovery.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Discovery.Find(t.Context(), &spec.Selector{AnyName: text("deployments")}); err != nil {
			t.Error(err)
		}
	}
}
