package main

import (
	"context"
	"os"
	"slices"

	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/command"
)

// offline are what is measured without a cluster.
var offline = []struct {
	name    string
	measure func(ctx context.Context, binary, dir string) error
}{
	{"linting", measureLinting},
	{"editing", measureEditing},
}

func offlineNames() []string {
	var names []string
	for _, m := range offline {
		names = append(names, m.name)
	}
	return names
}

// needsCluster tells whether something is to be measured that needs one.
func (o options) needsCluster() bool {
	return len(o.only) == 0 || slices.ContainsFunc(o.only, func(name string) bool { return !slices.Contains(offlineNames(), name) })
}

// measureOffline measures what is wanted and needs no cluster.
func measureOffline(ctx context.Context, o options) error {
	wanted := func(name string) bool { return len(o.only) == 0 || slices.Contains(o.only, name) }
	if !slices.ContainsFunc(offlineNames(), wanted) {
		return nil
	}
	dir, err := os.MkdirTemp("", "kopf-bench-")
	if err != nil {
		return err
	}
	defer func() { warn(os.RemoveAll(dir)) }()
	binary := o.engine
	if binary == "" {
		if binary, err = command.Build(ctx, "cmd/kopf-declarative", dir); err != nil {
			return err
		}
	}
	for _, m := range offline {
		if !wanted(m.name) {
			continue
		}
		if err := m.measure(ctx, binary, dir); err != nil {
			return err
		}
	}
	return nil
}
