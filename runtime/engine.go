package runtime

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/kopf-declarative/kopf-declarative/actions"
	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/runtime/handle"
	"github.com/kopf-declarative/kopf-declarative/runtime/health"
	"github.com/kopf-declarative/kopf-declarative/runtime/metrics"
	"github.com/kopf-declarative/kopf-declarative/runtime/scope"
	"github.com/kopf-declarative/kopf-declarative/runtime/state"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// Engine runs any number of operators in one process.
type Engine struct {
	operators []*handle.Operator
	crds      []map[string]any
	metrics   *metrics.Registry

	mu      sync.Mutex
	ctx     context.Context // guarded by mu: that of Run
	running []*operator     // guarded by mu: nil until they run
	version string          // guarded by mu
	began   time.Time       // guarded by mu
}

// Compile turns a parsed bundle into an engine that can run, and finds
// everything that can be found without a cluster. The engine may run only
// where there are no errors among the findings. Types of objects are not looked at: a
// newer cluster may have more fields, and the engine runs there as well.
func Compile(bundle *spec.Bundle) (*Engine, diag.List) { return CompileTyped(bundle, nil) }

// CompileTyped compiles, and also finds what does not fit the schemas of objects; nil is
// for none.
func CompileTyped(bundle *spec.Bundle, schemas *schema.Set) (*Engine, diag.List) {
	kinds := kube.NewKinds(schemas)
	engine := &Engine{metrics: metrics.New()}
	var found diag.List
	for _, op := range bundle.Operators {
		compiled, more := handle.Compile(op, kinds)
		found = append(found, more...)
		if compiled == nil {
			continue
		}
		found = append(found, engine.collisions(compiled, op)...)
		engine.operators = append(engine.operators, compiled)
	}
	found = append(found, engine.declareMetrics()...)
	for _, crd := range bundle.CRDs {
		engine.crds = append(engine.crds, crd.Object)
	}
	return engine, found
}

// declareMetrics makes the metrics of steps known. The engine has each metric once, whichever
// operators record it.
func (e *Engine) declareMetrics() diag.List {
	var found diag.List
	known := map[string]*actions.Metric{}
	for _, op := range e.operators {
		for _, m := range op.Metrics {
			first := known[m.Name]
			if first == nil {
				known[m.Name] = m
				continue
			}
			if first.Help == "" {
				first.Help = m.Help
			}
			if difference := m.Conflict(first); difference != "" {
				finding := ruleMetric.At(m.Range, "%s at %s %s", m.Name, first.Range, difference)
				finding.Context = &first.Range
				found = append(found, finding)
			}
		}
	}
	for _, m := range known {
		if m.Help == "" {
			m.Help = "Recorded by steps of operators."
		}
		if err := e.metrics.Declare(metrics.Description{Name: m.Name, Type: m.Type, Labels: m.Labels, Help: m.Help}); err != nil {
			found = append(found, ruleMetric.At(m.Range, "%v", err))
		}
	}
	return found
}

// collisions finds operators that would take each other's records or finalizer
// for their own.
func (e *Engine) collisions(compiled *handle.Operator, op *spec.Operator) diag.List {
	var found diag.List
	for _, other := range e.operators {
		if other.Settings.Finalizer == compiled.Settings.Finalizer && other.Settings.Storage.Prefix != compiled.Settings.Storage.Prefix {
			found = append(found, ruleFinalizer.At(op.Metadata.Name.Range(),
				"%s and %s both have the finalizer %q, so each would let objects go that the other has not finished; give one of them another settings.persistence.finalizer",
				other.Name, compiled.Name, compiled.Settings.Finalizer))
		}
		if other.Settings.Storage.Prefix == compiled.Settings.Storage.Prefix {
			found = append(found, rulePrefix.At(op.Metadata.Name.Range(),
				"%s and %s both have the prefix %q; give one of them another settings.persistence.prefix",
				other.Name, compiled.Name, compiled.Settings.Storage.Prefix))
		}
	}
	return found
}

// Storages are where the operators keep their records on objects.
func (e *Engine) Storages() []*state.Storage {
	out := make([]*state.Storage, 0, len(e.operators))
	for _, op := range e.operators {
		out = append(out, op.Storage())
	}
	return out
}

// Metrics is what the engine counts.
func (e *Engine) Metrics() *metrics.Registry { return e.metrics }

// Options say where and how the operators run.
type Options struct {
	Client *kube.Client
	// Namespaces are those to work in. Objects without a namespace are watched in any
	// case.
	Namespaces scope.Namespaces
	// Version is that of the engine, for those who ask in an expression.
	Version string
	// ApplyCRDs installs the CustomResourceDefinitions of the bundle first.
	ApplyCRDs bool
	// Listen is host and port of the HTTP server for metrics, health and status; empty for
	// none.
	Listen string
	// Liveness is where the health is served, besides or instead of that.
	Liveness health.Endpoint
	Log      *slog.Logger
	// Ready is called once when every watch that can start has listed its
	// objects; it may be nil.
	Ready func()
}

// Run runs the operators until the context ends, then lets running handlers
// finish. An error means that the engine could not begin, or that the startup activities of
// all operators have failed for good: what goes wrong with one operator later, an API
// server that is away included, is logged, retried, and no matter of the others.
func (e *Engine) Run(ctx context.Context, o Options) error {
	e.metrics.Build(o.Version)
	stop, err := e.serve(o)
	if err != nil {
		return err
	}
	defer stop()
	if o.ApplyCRDs && len(e.crds) > 0 {
		if err := o.Client.ApplyCRDs(ctx, e.crds); err != nil {
			return err
		}
		o.Log.Info("installed the CustomResourceDefinitions", "count", len(e.crds))
	}
	var operators []*operator
	for _, compiled := range e.operators {
		op, err := newOperator(compiled, o, e.metrics.Operator(compiled.Name))
		if err != nil {
			return err
		}
		operators = append(operators, op)
	}
	leave := takePart(ctx, newPeerings(operators, o))
	defer leave()
	e.mu.Lock()
	e.ctx, e.running = ctx, operators
	e.mu.Unlock()
	var ready, running sync.WaitGroup
	failed := make([]error, len(operators))
	for i, op := range operators {
		ready.Add(1)
		running.Go(func() { failed[i] = op.run(ctx, ready.Done) })
	}
	running.Go(func() {
		ready.Wait()
		if ctx.Err() == nil && o.Ready != nil {
			o.Ready()
		}
	})
	running.Wait()
	if ctx.Err() == nil {
		return errors.Join(failed...) // nobody asked it to end: none has begun
	}
	return nil
}

// instance names this process among those that run the same operator: by its
// pod where it runs in one, else by its host.
func instance(operator string) string {
	if pod := os.Getenv("POD_ID"); pod != "" {
		return pod
	}
	host, err := os.Hostname()
	if err != nil {
		return operator
	}
	return operator + "-" + host
}
