package load

import (
	"context"
	"encoding/json"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
)

func objectName(prefix string, i int) string { return fmt.Sprintf("%s-%06d", prefix, i) }

// request does to one object what the load consists of.
func request(ctx context.Context, objects dynamic.ResourceInterface, o Options, name string) error {
	switch o.Operation {
	case Create:
		_, err := objects.Create(ctx, newObject(name), metav1.CreateOptions{})
		return err
	case Update:
		patch, err := json.Marshal(map[string]any{"spec": map[string]any{"field": o.Value}})
		if err != nil {
			return err
		}
		_, err = objects.Patch(ctx, name, types.MergePatchType, patch, metav1.PatchOptions{})
		return err
	case Delete:
		return objects.Delete(ctx, name, metav1.DeleteOptions{})
	}
	return fmt.Errorf("unknown operation %q", o.Operation)
}

// newObject is about as large as the objects of the operators that Kopf's
// examples have.
func newObject(name string) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": Resource.GroupVersion().String(),
		"kind":       "KopfExample",
		"metadata": map[string]any{
			"name":   name,
			"labels": map[string]any{"purpose": "load"},
		},
		"spec": map[string]any{
			"duration": "1m",
			"field":    "value",
			"items":    []any{"item1", "item2"},
		},
	}}
}
