package runtime_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/runtime"
	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/faultproxy"
	"github.com/kopf-declarative/kopf-declarative/runtime/essence"
	"github.com/kopf-declarative/kopf-declarative/runtime/scope"
)

// at reads the value at a dotted path.
func at(object map[string]any, path string) any {
	value, _ := essence.Lookup(object, essence.ParsePath(path))
	return value
}

// progress is the record of a handler in an object's annotations; nil where
// there is none.
func progress(object map[string]any, prefix, id string) map[string]any {
	text, _ := annotationsOf(object)[prefix+"/"+id].(string)
	var record map[string]any
	_ = json.Unmarshal([]byte(text), &record) // what cannot be read is as good as none
	return record
}

// verdict says what a record tells of its handler.
func verdict(record map[string]any) string {
	switch {
	case record == nil:
		return "no record"
	case record["success"] == true:
		return "succeeded"
	case record["failure"] == true:
		return "failed"
	case record["delayed"] == nil:
		return "at once"
	default:
		return "in " + stamp(record["delayed"]).Sub(stamp(record["started"])).String()
	}
}

// stamp reads a time of a record.
func stamp(text any) time.Time {
	out, err := time.Parse(time.RFC3339Nano, fmt.Sprint(text))
	if err != nil {
		panic(err)
	}
	return out
}

// recorded waits until an object has the record of a handler, and returns the
// object as it is then.
func (w *world) recorded(gvr schema.GroupVersionResource, name, prefix, id string) map[string]any {
	w.t.Helper()
	var object map[string]any
	w.eventually("a record of "+id+" on "+name, func() (any, bool) {
		object = w.get(gvr, name)
		return annotationsOf(object), progress(object, prefix, id) != nil
	})
	return object
}

// told are the Kubernetes events about the object of a name, the oldest first.
func (w *world) told(name string) []map[string]any {
	w.t.Helper()
	var out []map[string]any
	for _, u := range w.list(kubeEvents) {
		if at(u.Object, "regarding.name") == name {
			out = append(out, u.Object)
		}
	}
	slices.SortFunc(out, func(a, b map[string]any) int {
		return cmp.Compare(at(a, "eventTime").(string), at(b, "eventTime").(string))
	})
	return out
}

// tells waits for an event about the object of a name.
func (w *world) tells(name, kind, reason, note string) map[string]any {
	w.t.Helper()
	var found map[string]any
	w.eventually(fmt.Sprintf("event about %s: %s %s %s", name, kind, reason, note), func() (any, bool) {
		all := w.told(name)
		for _, e := range all {
			if e["type"] == kind && e["reason"] == reason && strings.Contains(fmt.Sprint(e["note"]), note) {
				found = e
			}
		}
		return all, found != nil
	})
	return found
}

// startBehind runs operators that reach the API server through a proxy.
func (w *world) startBehind(documents string) (*engine, *faultproxy.Proxy) {
	w.t.Helper()
	proxy := faultproxy.New(w.t, w.kubeconfig)
	return w.startWith(documents, runtime.Options{Client: w.connect(proxy.Kubeconfig()), Namespaces: scope.Exactly(w.ns)}), proxy
}

// writes counts the writes of a proxy's client by what they do.
func writes(proxy *faultproxy.Proxy) map[string]int {
	out := map[string]int{}
	for _, r := range proxy.Requests() {
		if what := requested(r); faultproxy.IsWrite(r) && !strings.HasSuffix(what, " events") {
			out[what]++
		}
	}
	return out
}

// as is a client for a user who has only the rights of these rules, in the
// world's namespace.
func (w *world) as(user, rules string) *kube.Client {
	w.t.Helper()
	config := rest.CopyConfig(w.client.REST)
	config.Impersonate.UserName = user + "-of-" + w.ns
	w.grant(w.ns, config.Impersonate.UserName, rules)
	client, err := kube.NewClient(config, kube.Options{})
	if err != nil {
		w.t.Fatal(err)
	}
	return client
}

// grant gives a user rights in a namespace.
func (w *world) grant(namespace, user, rules string) {
	w.t.Helper()
	for plural, text := range map[string]string{
		"roles": fmt.Sprintf(`{kind: Role, rules: %s}`, rules),
		"rolebindings": fmt.Sprintf(`{kind: RoleBinding, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: %[1]s},
			subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: %[1]s}]}`, user),
	} {
		object := parse(text)
		object["apiVersion"] = "rbac.authorization.k8s.io/v1"
		object["metadata"] = map[string]any{"name": user}
		gvr := schema.GroupVersionResource{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: plural}
		_, err := w.client.Dynamic.Resource(gvr).Namespace(namespace).Create(w.t.Context(), &unstructured.Unstructured{Object: object}, metav1.CreateOptions{})
		if err != nil {
			w.t.Fatal(err)
		}
	}
}

// elsewhere is the world with another namespace, where nobody works yet.
func (w *world) elsewhere() *world {
	w.t.Helper()
	other := *w
	ns, err := w.client.Dynamic.Resource(namespaces).Create(w.t.Context(), &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"generateName": "elsewhere-"},
	}}, metav1.CreateOptions{})
	if err != nil {
		w.t.Fatal(err)
	}
	other.ns = ns.GetName()
	w.t.Cleanup(other.clean)
	return &other
}
