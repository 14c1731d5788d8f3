package handle

import (
	"fmt"
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	apiruntime "k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
)

// TestDeleteAllPages: the children beyond the first page go too.
func TestDeleteAllPages(t *testing.T) {
	gvr := schema.GroupVersionResource{Version: "v1", Resource: "things"}
	client := fake.NewSimpleDynamicClientWithCustomListKinds(apiruntime.NewScheme(), map[schema.GroupVersionResource]string{gvr: "ThingList"})
	pages := 0
	client.PrependReactor("list", "things", func(clienttesting.Action) (bool, apiruntime.Object, error) {
		list := &unstructured.UnstructuredList{Object: map[string]any{"apiVersion": "v1", "kind": "ThingList"}}
		child := unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "Thing"}}
		child.SetNamespace("ns")
		child.SetLabels(map[string]string{"of": "parent"})
		child.SetName(fmt.Sprintf("child-%d", pages))
		list.Items = append(list.Items, child)
		if pages++; pages < 3 {
			list.SetContinue("more")
		}
		return true, list, nil
	})
	var deleted []string
	client.PrependReactor("delete", "things", func(a clienttesting.Action) (bool, apiruntime.Object, error) {
		deleted = append(deleted, a.GetNamespace()+"/"+a.(clienttesting.DeleteAction).GetName())
		return true, nil, nil
	})
	p := &pass{w: &Worker{client: &kube.Client{Dynamic: client}}}
	if err := p.deleteAll(t.Context(), trackedPlace{gvr, "ns"}, "of=parent"); err != nil {
		t.Fatal(err)
	}
	if want := []string{"ns/child-0", "ns/child-1", "ns/child-2"}; !slices.Equal(deleted, want) {
		t.Errorf("deleted %v, want %v", deleted, want)
	}
}
