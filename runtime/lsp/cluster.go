package lsp

import (
	"context"
	"sync"
	"time"

	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/runtime/lint"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// calm is how long nothing new must have been named before the cluster is asked again: a
// name is new with each letter while it is being written.
const calm = time.Second

// cluster has a cluster asked for its kinds in the background: at the start, and again when
// operators name a group that it has not been asked for. Nobody waits for it.
type cluster struct {
	// ask asks for the kinds, with the schemas of those that operators name.
	ask func(context.Context, []*spec.Operator) (*schema.Set, error)
	// answered takes what came of it.
	answered func(*schema.Set, error)
	// news wakes run.
	news chan struct{}

	mu        sync.Mutex
	operators map[string][]*spec.Operator // guarded by mu: by the folder that they are in
	asked     map[string]bool             // guarded by mu: the groups
	lacking   bool                        // guarded by mu: the last answer was an error, or lacks something
}

func newCluster(ask func(context.Context, []*spec.Operator) (*schema.Set, error), answered func(*schema.Set, error)) *cluster {
	c := &cluster{ask: ask, answered: answered, news: make(chan struct{}, 1), operators: map[string][]*spec.Operator{}, asked: map[string]bool{}}
	c.wake()
	return c
}

func (c *cluster) wake() {
	select {
	case c.news <- struct{}{}:
	default:
	}
}

// has takes the operators of a folder as they are now.
func (c *cluster) has(folder string, operators []*spec.Operator) {
	groups := groupsOf(operators)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.operators[folder] = operators
	for name := range groups {
		if !c.asked[name] {
			c.wake()
		}
	}
}

// again has the cluster asked once more if it lacked something the last time.
func (c *cluster) again() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lacking {
		c.wake()
	}
}

// run asks until the context ends.
func (c *cluster) run(ctx context.Context) {
	for patience := time.Duration(0); c.awaitNews(ctx, patience); patience = calm {
		operators := c.wanted()
		set, err := c.ask(ctx, operators)
		if ctx.Err() != nil {
			return
		}
		c.mu.Lock()
		c.lacking = err != nil || lacks(set, operators)
		c.mu.Unlock()
		c.answered(set, err)
	}
}

// awaitNews waits until there is something to ask for, and then for a pause. It is false
// when the context ends.
func (c *cluster) awaitNews(ctx context.Context, pause time.Duration) bool {
	select {
	case <-c.news:
	case <-ctx.Done():
		return false
	}
	for {
		select {
		case <-c.news:
		case <-time.After(pause):
			return true
		case <-ctx.Done():
			return false
		}
	}
}

// wanted are all operators; what they name counts as asked for.
func (c *cluster) wanted() []*spec.Operator {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []*spec.Operator
	for _, operators := range c.operators {
		out = append(out, operators...)
	}
	for name := range groupsOf(out) {
		c.asked[name] = true
	}
	return out
}

// groupsOf are the groups that operators name. A resource that is named without its group
// counts as one.
func groupsOf(operators []*spec.Operator) map[string]bool {
	out := map[string]bool{}
	selectors, apiVersions := lint.Named(operators)
	for _, version := range apiVersions {
		out["group "+schema.KindOf(version, "").Group] = true
	}
	for _, s := range selectors {
		if s.Group != nil {
			out["group "+s.Group.Value] = true
			continue
		}
		for _, name := range []*spec.String{s.AnyName, s.Plural, s.Singular, s.Kind, s.ShortName} {
			if name != nil {
				out["resource "+name.Value] = true
			}
		}
	}
	return out
}

// lacks tells whether operators name resources of which a set knows nothing.
func lacks(set *schema.Set, operators []*spec.Operator) bool {
	return len(lint.Unknown(&spec.Bundle{Operators: operators}, set)) > 0
}
