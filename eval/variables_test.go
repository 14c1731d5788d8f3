package eval

import (
	"strings"
	"testing"

	"github.com/google/cel-go/cel"

	"github.com/kopf-declarative/kopf-declarative/spec"
)

// Every variable of the table exists where the table says, and nowhere else.
func TestVariables(t *testing.T) {
	uses := map[string]string{
		"body": "body.kind == 'Thing'", "spec": "spec.size == 3", "status": "status.phase == 'Bound'",
		"meta": "meta.namespace == 'prod'", "name": "name == 'web'", "uid": "uid == 'u-1'",
		"labels": "labels.app == 'web' && !('x' in labels)", "annotations": "annotations['note'] == 'hi'",
		"resource": "resource.plural == 'things'", "retry": "retry + 1 == 3",
		"started": "started < now", "runtime": "runtime == duration('90s')", "now": "now.getMonth() == 0",
		"reason": "reason == 'update'", "old": "old.spec.size == 1", "new": "new.spec.size == 3",
		"diff":  "diff.exists(d, d.op == 'change' && d.field == ['spec', 'size'] && d.new == 3)",
		"event": "event.type == null && event.object.kind == 'Thing'", "value": "value == 'v'", "param": "param.color == 'red'",
		"vars": "vars.v == '1'", "steps": "steps.made.kind == 'Pod' && !has(steps.other)",
		"item": "item.name == 'a'", "key": "key == 0", "children": "children.pvc.size() == 1",
		"memo": "memo.seen == true", "index": "index.by_node['a'] == ['web']", "stopped": "stopped == 'deleted'",
		"operator": "operator.name == 'op'", "error": "error.kind == 'permanent'",
	}
	e := newEnv(t)
	for _, v := range Variables {
		use, ok := uses[v.Name]
		if !ok {
			t.Errorf("%s is not tested", v.Name)
			continue
		}
		for bit := Object; bit <= Selector; bit <<= 1 {
			p, problems := e.Expr(&spec.Expr{Text: use}, bit, cel.BoolType)
			if here := bit.has(v.Scope); here != (len(problems) == 0) {
				t.Errorf("%s in %s: %v", v.Name, bit, problems)
			}
			if len(problems) > 0 {
				if want := v.Name + " exists in " + v.Scope.String() + " only"; !strings.Contains(problems[0].Detail, want) {
					t.Errorf("%s in %s: %s", v.Name, bit, problems[0].Detail)
				}
				continue
			}
			if got, err := p.Bool(t.Context(), sample()); !got || err != nil {
				t.Errorf("%s: %v %v", use, got, err)
			}
		}
	}
}

func TestScopeNames(t *testing.T) {
	if got := (Change | Steps).String(); got != "change handlers, do" {
		t.Error(got)
	}
	if got := everywhere.String(); got != "everywhere" {
		t.Error(got)
	}
}
