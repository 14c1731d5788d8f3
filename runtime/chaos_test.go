package runtime_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/faultproxy"
)

// The operator of the run that is killed: sub-handlers, some of them in others,
// retries, steps that run once, children, a handler that needs others, one that
// fails for good, a timer and a daemon. What it leaves tells if anything ran twice or not at all.
const chaotic = `
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: kill}
spec:
  resources: {w: widgets.test.kopf.dev, g: gadgets.test.kopf.dev}
  handlers:
    - id: parent
      on: create
      resource: w
      do:
        - name: token
          once: true
          do:
            - name: made
              create: {object: {apiVersion: v1, kind: ConfigMap, data: {token: "${uuid()}"}}}
            - patch: {json: [{op: add, path: /spec/made/-, value: token}]}
            - condition: {type: Token, status: true, reason: Made}
        - name: parts
          subhandlers:
            - forEach: spec.parts
              id: ${item}
              do:
                - name: child
                  create: {object: {apiVersion: v1, kind: ConfigMap, data: {part: "${item}", token: "${steps.token.made.data.token}"}}}
                - when: retry < 2
                  fail: {temporary: not yet, delay: 100ms}
                - subhandlers:
                    - id: inner
                      do:
                        - name: number
                          once: true
                          do:
                            - patch: {json: [{op: add, path: /spec/made/-, value: "${item}"}]}
                        - when: retry < 1
                          fail: {temporary: not yet either, delay: 50ms}
                        - create: {object: {apiVersion: v1, kind: ConfigMap, data: {inner: "${item}"}}}
              result: {attempts: "${retry}", same: "${steps.child.data.token == steps.token.made.data.token}"}
            - id: doomed
              retries: 2
              backoff: 50ms
              do: [{fail: never}]
              onFailure: [{status: {doomed: "${error.message}"}}]
        - status: {parts: "${steps.parts}"}
    - id: slow
      on: create
      resource: w
      do:
        - when: retry < 3
          fail: {temporary: not yet, delay: 150ms}
        - status: {slow: "${retry}"}
    - id: last
      on: create
      resource: w
      needs: [parent, slow]
      do:
        - create: {object: {apiVersion: v1, kind: ConfigMap, data: {last: "${name}"}}}
        - condition: {type: Ready, status: true, reason: Done}
  timers:
    - id: clock
      resource: w
      interval: 100ms
      do: [{status: {clock: ticks}}]
  daemons:
    - id: watchdog
      resource: w
      do:
        - repeat:
            every: 100ms
            do:
              - create: {object: {apiVersion: v1, kind: ConfigMap, metadata: {name: "${name}-watched"}, data: {name: "${name}"}}, ifExists: keep}
              - status: {watched: "${status.?slow.orValue('')}"}
        - status: {watched: "${stopped}"}
`

// killer ends an engine at a random request of those that change anything: one
// that never arrives, or one whose answer never arrives.
type killer struct {
	lost   bool
	sprung chan struct{}

	mu   sync.Mutex
	left int // guarded by mu: requests that pass before
}

func newKiller(random *rand.Rand) *killer {
	return &killer{lost: random.IntN(2) == 0, left: random.IntN(4), sprung: make(chan struct{})}
}

func (k *killer) judge(r *http.Request) (faultproxy.Fault, bool) {
	what := requested(r)
	if r.Method == http.MethodGet || strings.Contains(what, "events") || strings.Contains(what, "selfsubject") {
		return faultproxy.Fault{}, false
	}
	k.mu.Lock()
	k.left--
	left := k.left
	k.mu.Unlock()
	switch {
	case left >= 0:
		return faultproxy.Fault{}, false
	case left == -1:
		close(k.sprung)
		if k.lost {
			return faultproxy.Fault{Lost: true}, true
		}
	}
	<-r.Context().Done() // until its sender is dead
	return faultproxy.Fault{}, true
}

// chaos plays the run; with a random, the engine is killed ten times in it.
func chaos(t *testing.T, random *rand.Rand) string {
	w := newWorld(t)
	proxy := faultproxy.New(t, w.kubeconfig)
	names := []string{"one", "two"}
	var moments []string
	e := w.launch(chaotic, proxy.Kubeconfig())
	for i := range 10 {
		if random == nil {
			break
		}
		k := newKiller(random)
		moments = append(moments, fmt.Sprintf("%d:%v", k.left, k.lost))
		proxy.Fail(k.judge)
		if i == 0 {
			w.createAll(names)
		}
		select {
		case <-k.sprung:
		case <-time.After(patience):
			t.Fatalf("there were not ten moments to kill it: %v", moments)
		}
		e.kill()
		proxy.Fail(nil)
		e = w.launch(chaotic, proxy.Kubeconfig())
	}
	if random == nil {
		w.createAll(names)
	}
	for _, name := range names {
		w.handled(widgets, name, prefix)
		w.becomes(widgets, name, "status.clock", "ticks")
		w.becomes(widgets, name, "status.watched", 3)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("killed at the requests %v", moments)
		}
	})
	return w.picture()
}

func (w *world) createAll(names []string) {
	for _, name := range names {
		w.create(widgets, fmt.Sprintf(`{metadata: {name: %s}, spec: {made: [], parts: [a, b, c]}}`, name))
	}
}

// TestKilledTenTimes kills the engine at ten random moments of a run: the end is
// that of an undisturbed run. What a moment is follows from the seed.
func TestKilledTenTimes(t *testing.T) {
	undisturbed := chaos(t, nil)
	seeds := 20
	if testing.Short() {
		seeds = 3
	}
	for seed := range seeds {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			killed := chaos(t, rand.New(rand.NewPCG(uint64(seed), 2026)))
			if killed != undisturbed {
				t.Errorf("with seed %d, the end differs from the undisturbed one:\n%s", seed, differences(undisturbed, killed))
			}
		})
	}
}

// differences are the lines that are in one picture only.
func differences(want, got string) string {
	var out []string
	for _, side := range []struct{ mark, text, other string }{{"- ", want, got}, {"+ ", got, want}} {
		others := strings.Split(side.other, "\n")
		for _, line := range strings.Split(side.text, "\n") {
			if i := slices.Index(others, line); i >= 0 {
				others = slices.Delete(others, i, i+1)
			} else {
				out = append(out, side.mark+line)
			}
		}
	}
	return strings.Join(out, "\n")
}
