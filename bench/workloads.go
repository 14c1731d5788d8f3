package main

import (
	"fmt"
	"slices"
	"strings"
)

// workload is one row of the table: a load on the engine with one of the
// operators of bench/operators, and the same on the floor.
type workload struct {
	name, title string
	objects     int
	operator    string
	// floor has the arguments of the floor; noFloor leaves it out.
	floor   []string
	noFloor bool
	// update changes all objects after they have been created, and only the
	// changes are measured; restart starts the operator again, and counts writes.
	update, restart bool
	// idle measures what the operator uses after that, when there is nothing to do.
	idle bool
	// once is for workloads that take long: one round will do.
	once bool
}

var workloads = []workload{
	{name: "create", title: "create, status", objects: 1000, operator: "status.yaml"},
	{name: "update", title: "update, status", objects: 1000, operator: "status.yaml", update: true},
	{name: "ten", title: "create, ten handlers", objects: 300, operator: "ten.yaml"},
	{name: "child", title: "create, status and a ConfigMap", objects: 1000, operator: "child.yaml", floor: []string{"-child"}},
	{name: "restart", title: "restart over handled objects", objects: 1000, operator: "status.yaml", noFloor: true, restart: true},
	{name: "quiet", title: "restart, then nothing to do", objects: 10_000, operator: "status.yaml", noFloor: true, restart: true, idle: true, once: true},
	{name: "timers", title: "the same, each with a timer", objects: 10_000, operator: "timers.yaml", noFloor: true, restart: true, idle: true, once: true},
	{name: "indexes", title: "the same, each in three indexes", objects: 10_000, operator: "indexes.yaml", noFloor: true, restart: true, idle: true, once: true},
	{name: "few", title: "restart, then nothing to do", objects: 1000, operator: "status.yaml", noFloor: true, restart: true, idle: true, once: true},
	{name: "daemons", title: "the same, each with a daemon", objects: 1000, operator: "daemons.yaml", noFloor: true, restart: true, idle: true, once: true},
	{name: "large", title: "create, status, many objects", objects: 10_000, operator: "status.yaml", noFloor: true, once: true},
}

func workloadNames() []string {
	var names []string
	for _, w := range workloads {
		names = append(names, w.name)
	}
	return names
}

// allNames are those of all that can be measured.
func allNames() []string { return append(workloadNames(), offlineNames()...) }

func selectWorkloads(o options) ([]workload, error) {
	for _, name := range o.only {
		if !slices.Contains(allNames(), name) {
			return nil, fmt.Errorf("no workload %q; there are %s", name, strings.Join(allNames(), ", "))
		}
	}
	var selected []workload
	for _, w := range workloads {
		if len(o.only) > 0 && !slices.Contains(o.only, w.name) {
			continue
		}
		if o.objects > 0 {
			w.objects = o.objects
		}
		selected = append(selected, w)
	}
	return selected, nil
}
