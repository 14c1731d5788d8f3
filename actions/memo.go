package actions

import (
	"context"
	"sync"

	"github.com/kopf-declarative/kopf-declarative/actions/patch"
	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// Memo is data in memory that the steps of handlers share: those of one object, or
// of an operator. It is safe for concurrent use, and gone with the process. As in
// Kopf, the memo of an object begins as a copy of the operator's.
type Memo struct {
	seed *Memo

	mu sync.Mutex
	// data is guarded by mu, and never changed in place: who has read it may keep it.
	// It is nil until the first merge.
	data map[string]any
}

// NewMemo makes a memo that begins with what the seed has when it is first changed;
// nil is for an empty one.
func NewMemo(seed *Memo) *Memo { return &Memo{seed: seed} }

// Data is what the memo holds now. It is only to be read.
func (m *Memo) Data() map[string]any {
	if m == nil {
		return map[string]any{}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.dataLocked()
}

func (m *Memo) dataLocked() map[string]any {
	if m.data == nil {
		return m.seed.Data()
	}
	return m.data
}

// Merge changes the memo by a merge patch (RFC 7386) and returns what it holds then.
func (m *Memo) Merge(merge map[string]any) map[string]any {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.data = patch.Apply(m.dataLocked(), merge)
	return m.data
}

// memoAction merges into the memo.
type memoAction struct {
	merge *eval.Template
}

func (c *compiler) memo(x *spec.Template) action {
	return &memoAction{merge: c.template(x)}
}

func (a *memoAction) run(ctx context.Context, f *frame) (any, error) {
	merge, err := renderMap(ctx, f, "memo", a.merge)
	if err != nil {
		return nil, err
	}
	return f.Memo.Merge(merge), nil
}
