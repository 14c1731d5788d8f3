package lsp

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/runtime/lint"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// operatorsOf are operators with a handler for a resource.
func operatorsOf(resource string) []*spec.Operator {
	bundle, _ := spec.Parse([]spec.Source{{Name: "op.yaml", Text: []byte(`apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: x}
spec:
  handlers:
    - {id: first, on: create, resource: ` + resource + `, do: [{create: {object: {apiVersion: apps/v1, kind: Deployment}}}]}
`)}})
	return bundle.Operators
}

// The cluster is asked at the start, and again when nothing new has been named for a while:
// not for each letter of a name, nor for what has been asked for.
func TestAskingTheCluster(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked, answers []string
		var failure error
		begin := time.Now()
		c := newCluster(func(_ context.Context, operators []*spec.Operator) (*schema.Set, error) {
			var names []string
			selectors, _ := lint.Named(operators)
			for _, s := range selectors {
				text, _ := s.AnyName.Node.String()
				names = append(names, text)
			}
			asked = append(asked, fmt.Sprintf("%v %s", time.Since(begin), strings.Join(names, " ")))
			return schema.Builtin(), failure
		}, func(set *schema.Set, err error) { answers = append(answers, fmt.Sprint(set != nil, err)) })
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			c.run(ctx)
		}()
		expect := func(what string, want ...string) {
			t.Helper()
			time.Sleep(10 * time.Second)
			synctest.Wait()
			if got := strings.Join(asked, ", "); got != strings.Join(want, ", ") {
				t.Errorf("%s: asked at %s; want %s", what, got, strings.Join(want, ", "))
			}
			asked, begin = nil, time.Now()
		}
		expect("at the start", "0s ")
		for i := range len("deployments.apps") {
			c.has("/a", operatorsOf("deployments.apps"[:i+1]))
			time.Sleep(200 * time.Millisecond)
		}
		expect("while a name is written", "4s deployments.apps")
		c.has("/a", operatorsOf("deployments.apps"))
		c.has("/a", operatorsOf("statefulsets.apps"))
		c.again()
		expect("nothing new")
		failure = errors.New("gone")
		c.has("/b", operatorsOf("jobs.batch"))
		c.has("/a", nil)
		expect("a second folder", "1s jobs.batch")
		c.has("/b", operatorsOf("jobs.batch"))
		expect("after a failure")
		failure = nil
		c.again()
		expect("once more", "1s jobs.batch")
		c.again()
		expect("all is known")
		c.has("/b", operatorsOf("things.example.com"))
		expect("what nobody knows", "1s things.example.com")
		c.again()
		expect("what may exist by now", "1s things.example.com")
		if got := strings.Join(answers, ", "); got != "true <nil>, true <nil>, true gone, true <nil>, true <nil>, true <nil>" {
			t.Errorf("answers: %s", got)
		}
		cancel()
		<-done
	})
}
