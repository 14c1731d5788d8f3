package peer

import (
	"context"
	"errors"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
)

// howToGet tells people where peering objects come from.
const howToGet = "'kopf-declarative crds' prints what it takes, for kubectl apply -f -"

// Send sends a patch to the peering objects of a name: in a namespace, or those of the whole
// cluster where it is empty. Of several groups that the cluster has, those count that have the
// object. It returns what was patched, for people.
func Send(ctx context.Context, client *kube.Client, namespace, name string, patch map[string]any) (string, error) {
	kind := Kind(namespace == "")
	resources, err := Resources(ctx, client, namespace == "")
	if err != nil {
		return "", err
	}
	if len(resources) == 0 {
		return "", fmt.Errorf("the cluster has no %s (%ss.kopf.dev): %s", kind, strings.ToLower(kind), howToGet)
	}
	sent := false
	var failed []error
	for _, r := range resources {
		switch _, err := Patch(ctx, client, r, namespace, name, patch); {
		case err == nil:
			sent = true
		case !apierrors.IsNotFound(err):
			failed = append(failed, err)
		}
	}
	where := Where(kind, namespace, name)
	switch {
	case len(failed) > 0:
		return "", fmt.Errorf("cannot write %s: %w", where, errors.Join(failed...))
	case !sent:
		return "", fmt.Errorf("there is no %s: %s", where, howToGet)
	}
	return where, nil
}
