package peer

import (
	"context"
	_ "embed"
	"errors"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
)

// Definitions are the CustomResourceDefinitions of both kinds, and an object "default" of
// each, as YAML for kubectl.
//
//go:embed definitions.yaml
var Definitions string

// The kinds of peering objects: one for operators that watch the whole cluster, and one for
// those that watch namespaces, in each of these.
const (
	ClusterKind    = "ClusterKopfPeering"
	NamespacedKind = "KopfPeering"
)

// Kind is the kind that serves an operator.
func Kind(clusterwide bool) string {
	if clusterwide {
		return ClusterKind
	}
	return NamespacedKind
}

// Resources finds what the cluster has of a kind: of kopf.dev, and of the group that Kopf had
// before. Where it has both, both are used, as by Kopf: an operator of either is seen.
func Resources(ctx context.Context, client *kube.Client, clusterwide bool) ([]kube.Resource, error) {
	plural := "kopfpeerings"
	if clusterwide {
		plural = "clusterkopfpeerings"
	}
	var found []kube.Resource
	for _, group := range []string{"kopf.dev", "zalando.org"} {
		r, err := client.Discovery.ByGVR(ctx, schema.GroupVersionResource{Group: group, Version: "v1", Resource: plural})
		var missing *kube.NoMatch
		switch {
		case errors.As(err, &missing):
		case err != nil:
			return nil, err
		default:
			found = append(found, r)
		}
	}
	return found, nil
}
