package lsp

import (
	"slices"
	"sync"

	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/runtime"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// kinds are the kinds of objects that are known in all folders: those of the files that
// were named at the start, above those of a cluster, above the builtin ones.
type kinds struct {
	// crds are files and folders with CustomResourceDefinitions.
	crds []string

	mu     sync.Mutex
	texts  []spec.Source // guarded by mu: those that bundle was read from
	bundle *spec.Bundle  // guarded by mu; nil before read
	served *schema.Set   // guarded by mu; nil is for the builtin ones
}

// read reads the files again, and finds what is wrong with them. It is false where they
// have not changed.
func (k *kinds) read() (*schema.Set, diag.List, bool) {
	if len(k.crds) == 0 {
		return nil, nil, false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	texts, _ := spec.ReadSources(k.crds, nil) // what cannot be read is told by LoadCRDs
	if k.bundle != nil && slices.EqualFunc(texts, k.texts, sameSource) {
		return nil, nil, false
	}
	var found diag.List
	k.texts = texts
	k.bundle, found = spec.LoadCRDs(k.crds, nil)
	set, more := k.setLocked()
	return set, append(found, more...).Sorted(), true
}

// serve takes what a cluster has.
func (k *kinds) serve(served *schema.Set) *schema.Set {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.served = served
	set, _ := k.setLocked()
	return set
}

// setLocked are all kinds, and what is wrong with the definitions.
func (k *kinds) setLocked() (*schema.Set, diag.List) {
	if k.bundle == nil {
		return k.served, nil
	}
	return runtime.Schemas(k.bundle, k.served)
}

// told has what the client has been told, so that each thing is told once.
type told struct {
	mu    sync.Mutex
	state map[string]string // guarded by mu: by what it is about
}

// news tells whether something is in another state than before, and not well. The empty
// state is that all is well.
func (t *told) news(about, state string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.state[about] == state {
		return false
	}
	if t.state == nil {
		t.state = map[string]string{}
	}
	t.state[about] = state
	return state != ""
}
