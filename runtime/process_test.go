package runtime_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/faultproxy"
)

// binaries is a folder that lives as long as all tests together.
var binaries string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if binaries, err = os.MkdirTemp("", "kopf-declarative-test-"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(binaries)
		return m.Run()
	}())
}

// build compiles the command once, for those tests that need a process.
var build = sync.OnceValues(func() (string, error) {
	binary := filepath.Join(binaries, "kopf-declarative")
	out, err := exec.Command("go", "build", "-o", binary, "../cmd/kopf-declarative").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building the command: %w\n%s", err, out)
	}
	return binary, nil
})

// process is an engine as a process of its own, which can be killed.
type process struct {
	*engine
	cmd   *exec.Cmd
	ended chan struct{} // closed when it has ended and its log is complete
}

// launch runs operators in a process of their own and waits until they watch.
func (w *world) launch(documents, kubeconfig string) *process {
	w.t.Helper()
	binary, err := build()
	if err != nil {
		w.t.Fatal(err)
	}
	file := filepath.Join(w.t.TempDir(), "operator.yaml")
	if err := os.WriteFile(file, []byte(documents), 0o600); err != nil {
		w.t.Fatal(err)
	}
	p := &process{engine: &engine{w: w, log: &lockedBuffer{}}, ended: make(chan struct{})}
	p.cmd = exec.Command(binary, "run", file, "-n", w.ns, "--kubeconfig", kubeconfig)
	p.cmd.Stderr = p.log
	if err := p.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		_ = p.cmd.Wait() // the test knows how it ends
	}()
	w.t.Cleanup(func() {
		p.kill()
		if w.t.Failed() {
			w.t.Logf("log of the process:\n%s", p.log)
		}
	})
	p.says("ready")
	return p
}

// kill ends the process as a crash of the machine would.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended already
	<-p.ended
}

// point is a moment in the life of an engine: behind so many requests of one
// kind, before the next of another.
type point struct {
	behind string // like `POST configmaps`; empty for nothing
	times  int    // how many of these
	before string // like `PATCH widgets`, or `PATCH widgets/status`
}

// requested names a request by what it does, as points do.
func requested(r *http.Request) string {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	parts = parts[min(len(parts), map[string]int{"api": 2, "apis": 3}[parts[0]]):]
	if len(parts) > 2 && parts[0] == "namespaces" {
		parts = parts[2:]
	}
	switch len(parts) {
	case 0:
		return r.Method
	case 1, 2:
		return r.Method + " " + parts[0]
	default:
		return r.Method + " " + parts[0] + "/" + parts[2]
	}
}

// trap stops an engine at a point: what it sends there never arrives.
type trap struct {
	point
	reached func()
	sprung  chan struct{}

	mu   sync.Mutex
	seen int // guarded by mu
}

// set begins to watch for the point in what passes the proxy.
func (p point) set(proxy *faultproxy.Proxy) *trap {
	t := &trap{point: p, sprung: make(chan struct{})}
	t.reached = sync.OnceFunc(func() { close(t.sprung) })
	proxy.Fail(t.judge)
	return t
}

// judge holds what must not arrive until its sender is dead.
func (t *trap) judge(r *http.Request) (faultproxy.Fault, bool) {
	if !t.catches(r) {
		return faultproxy.Fault{}, false
	}
	t.reached()
	<-r.Context().Done()
	return faultproxy.Fault{}, true
}

func (t *trap) catches(r *http.Request) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	what := requested(r)
	if what == t.before && t.seen >= t.times {
		return true
	}
	if what == t.behind {
		t.seen++
	}
	return false
}

// wait waits until the engine is there.
func (t *trap) wait(w *world) {
	w.t.Helper()
	select {
	case <-t.sprung:
	case <-time.After(patience):
		w.t.Fatalf("the engine did not get to %s behind %d × %s", t.before, t.times, t.behind)
	}
}

// picture is what the namespace holds, without what differs between any two
// runs that do the same.
func (w *world) picture() string {
	w.t.Helper()
	var out []string
	for _, gvr := range []schema.GroupVersionResource{widgets, gadgets, configMaps, secrets} {
		for _, u := range w.list(gvr) {
			meta, _ := u.Object["metadata"].(map[string]any)
			for _, key := range []string{"uid", "resourceVersion", "creationTimestamp", "managedFields"} {
				delete(meta, key)
			}
			text, err := json.MarshalIndent(u.Object, "", "  ")
			if err != nil {
				w.t.Fatal(err)
			}
			out = append(out, w.blur(string(text)))
		}
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}

// blurred is what differs from run to run, and what stands for it in a picture.
var blurred = []struct {
	pattern *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`), "UID"},
	{regexp.MustCompile(`[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z`), "TIME"},
	{regexp.MustCompile(`-[0-9a-v]{10}"`), `-HASH"`},               // derived names
	{regexp.MustCompile(`"[0-9a-v]{16}\.[0-9a-v]{16}"`), `"MARK"`}, // who made a child
}

func (w *world) blur(text string) string {
	text = strings.ReplaceAll(text, w.ns, "NAMESPACE")
	for _, b := range blurred {
		text = b.pattern.ReplaceAllString(text, b.instead)
	}
	return text
}
