package main

import (
	"context"
	"log/slog"
	"maps"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/runtime"
	"github.com/kopf-declarative/kopf-declarative/runtime/lint"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// known are the kinds of objects that are known beside those in the files: the builtin
// ones, those of --cluster, and those of --crd.
type known struct {
	schemas *schema.Set
	// sources are the texts of --crd, and found is what is wrong with them.
	sources map[string][]byte
	found   diag.List
}

// kinds finds out what is known for operators.
func (a *app) kinds(ctx context.Context, operators []*spec.Operator) (known, error) {
	out := known{schemas: schema.Builtin()}
	if a.settings.cluster {
		served, err := a.servedKinds(ctx, out.schemas, operators)
		if err != nil {
			return known{}, err
		}
		out.schemas = served
	}
	if len(a.settings.crds) == 0 {
		return out, nil
	}
	bundle, found := spec.LoadCRDs(a.settings.crds, a.stdin)
	schemas, more := runtime.Schemas(bundle, out.schemas)
	return known{schemas, bundle.Sources, append(found, more...)}, nil
}

// servedKinds asks the cluster of --cluster.
func (a *app) servedKinds(ctx context.Context, beside *schema.Set, operators []*spec.Operator) (*schema.Set, error) {
	client, err := kube.Connect(kube.Options{
		Kubeconfig: a.settings.kubeconfig, Context: a.settings.context, UserAgent: program, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, err
	}
	if _, err := client.Check(ctx); err != nil {
		return nil, err
	}
	selectors, apiVersions := lint.Named(operators)
	return client.Schemas(ctx, beside, selectors, apiVersions)
}

// tellOf adds to what was loaded what was found in the files of --crd.
func (k known) tellOf(l *loaded) {
	maps.Copy(l.bundle.Sources, k.sources)
	l.found = append(l.found, k.found...).Sorted()
}
