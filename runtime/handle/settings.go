package handle

import (
	"log/slog"
	"time"

	"github.com/kopf-declarative/kopf-declarative/actions"
	"github.com/kopf-declarative/kopf-declarative/runtime/state"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// Settings are an operator's settings with all defaults filled in. The names
// and most defaults are those of Kopf 1.37's OperatorSettings.
type Settings struct {
	// Name is the operator's metadata.name.
	Name string

	Storage   state.Storage
	Finalizer string
	// ConsistencyTimeout is how long the engine waits until a patch of its own
	// comes back through the watch before it handles the object again.
	ConsistencyTimeout time.Duration

	Backoff   state.Backoff
	CostLimit uint64
	Deadline  time.Duration

	WorkerLimit int
	ErrorDelays []time.Duration
	ExitTimeout time.Duration

	// CancellationPolling is how often it is said of a background task that it has not
	// stopped yet, InstantExitTimeout how long to wait in place for those of a deleted
	// object.
	CancellationPolling, InstantExitTimeout time.Duration

	ServerTimeout     time.Duration
	InactivityTimeout time.Duration
	ReconnectBackoff  time.Duration

	RequestTimeout time.Duration
	QPS            float32
	Burst          int

	// ScanningDisabled: what is there at the start is all that counts.
	ScanningDisabled bool
	Peering          Peering

	Posting bool
	// PostingLevel is that from which on messages of handlers are events too.
	PostingLevel slog.Level
	// PostingLoggers: messages of handlers are events at all.
	PostingLoggers     bool
	ReportingComponent string
}

// Peering says how the operator gets along with others that handle the same objects.
type Peering struct {
	// Name is that of the peering object.
	Name     string
	Priority int
	// Lifetime is how long others take the operator for alive without a sign of it.
	Lifetime time.Duration
	// Mandatory: it does not run without a peering object. Standalone: it takes no notice of
	// one. Stealth: renewals are not logged.
	Mandatory, Standalone, Stealth bool
}

// defaultErrorDelays are the pauses after errors of the engine itself, such as
// an API server that is away: the first numbers of Fibonacci, as in Kopf.
var defaultErrorDelays = []time.Duration{
	1 * time.Second, 1 * time.Second, 2 * time.Second, 3 * time.Second, 5 * time.Second, 8 * time.Second,
	13 * time.Second, 21 * time.Second, 34 * time.Second, 55 * time.Second,
}

// settingsOf fills in the defaults.
func settingsOf(op *spec.Operator) Settings {
	name := text(op.Metadata.Name, "")
	in := op.Spec.Settings
	if in == nil {
		in = &spec.Settings{}
	}
	out := Settings{Name: name}
	out.persistence(orZero(in.Persistence))
	out.execution(orZero(in.Execution))
	out.queueing(orZero(in.Queueing))
	out.watching(orZero(in.Watching))
	out.networking(orZero(in.Networking))
	out.background(orZero(in.Background))
	disabled := orZero(in.Scanning).Disabled
	out.ScanningDisabled = disabled != nil && disabled.Value
	out.peering(orZero(in.Peering))
	posting := orZero(in.Posting)
	out.Posting = posting.Enabled == nil || posting.Enabled.Value
	out.PostingLoggers = posting.Loggers == nil || posting.Loggers.Value
	out.PostingLevel = actions.LogLevel(text(posting.Level, "warning"))
	out.ReportingComponent = text(posting.ReportingComponent, name)
	return out
}

func (s *Settings) persistence(in *spec.Persistence) {
	prefix := text(in.Prefix, s.Name+".kopf.dev")
	s.Finalizer = text(in.Finalizer, prefix+"/finalizer")
	s.ConsistencyTimeout = duration(in.ConsistencyTimeout, 5*time.Second)
	progress, diffbase := orZero(in.Progress), orZero(in.Diffbase)
	s.Storage = state.Storage{
		Prefix: prefix,
		Progress: state.Progress{
			InStatus: text(progress.Storage, "annotations") == "status",
			Field:    path(progress.Field),
		},
		Diffbase: state.Diffbase{
			InStatus: text(diffbase.Storage, "annotations") == "status",
			Field:    path(diffbase.Field),
			Key:      text(diffbase.Key, ""),
		},
		// Only who names a prefix can mean that of an operator in Python.
		Takeover: in.Prefix != nil || len(in.ReadAlso) > 0,
	}
	for _, p := range in.ReadAlso {
		s.Storage.ReadAlso = append(s.Storage.ReadAlso, p.Value)
	}
}

func (s *Settings) execution(in *spec.Execution) {
	s.Backoff = backoff(in.DefaultBackoff)
	s.CostLimit = 10_000_000
	if in.CostLimit != nil {
		s.CostLimit = uint64(in.CostLimit.Value)
	}
	s.Deadline = duration(in.Deadline, time.Second)
}

func (s *Settings) queueing(in *spec.Queueing) {
	s.WorkerLimit = 32
	if in.WorkerLimit != nil {
		s.WorkerLimit = int(in.WorkerLimit.Value)
	}
	s.ErrorDelays = defaultErrorDelays
	if len(in.ErrorDelays) > 0 {
		s.ErrorDelays = nil
		for _, d := range in.ErrorDelays {
			s.ErrorDelays = append(s.ErrorDelays, d.Value)
		}
	}
	s.ExitTimeout = duration(in.ExitTimeout, 10*time.Second)
}

func (s *Settings) background(in *spec.Background) {
	s.CancellationPolling = duration(in.CancellationPolling, 60*time.Second)
	s.InstantExitTimeout = duration(in.InstantExitTimeout, 0)
}

func (s *Settings) watching(in *spec.Watching) {
	s.ServerTimeout = duration(in.ServerTimeout, 0)
	s.InactivityTimeout = duration(in.InactivityTimeout, 70*time.Second)
	s.ReconnectBackoff = duration(in.ReconnectBackoff, 100*time.Millisecond)
}

func (s *Settings) networking(in *spec.Networking) {
	s.RequestTimeout = duration(in.RequestTimeout, 30*time.Second)
	if in.QPS != nil {
		s.QPS = float32(in.QPS.Value)
	}
	if in.Burst != nil {
		s.Burst = int(in.Burst.Value)
	}
}

func (s *Settings) peering(in *spec.Peering) {
	s.Peering = Peering{
		Name:       text(in.Name, "default"),
		Lifetime:   duration(in.Lifetime, time.Minute),
		Mandatory:  in.Mandatory != nil && in.Mandatory.Value,
		Standalone: in.Standalone != nil && in.Standalone.Value,
		Stealth:    in.Stealth != nil && in.Stealth.Value,
	}
	if in.Priority != nil {
		s.Peering.Priority = int(in.Priority.Value)
	}
}

// ErrorDelay is the pause after so many errors of the engine in a row.
func (s *Settings) ErrorDelay(failures int) time.Duration {
	return s.ErrorDelays[min(failures, len(s.ErrorDelays))-1]
}

func backoff(in *spec.Backoff) state.Backoff {
	if in == nil {
		return state.Backoff{}
	}
	out := state.Backoff{Max: duration(in.Max, 0)}
	if in.Initial != nil {
		out.Initial = &in.Initial.Value
	}
	if in.Factor != nil {
		out.Factor = in.Factor.Value
	}
	if in.Jitter != nil {
		out.Jitter = in.Jitter.Value
	}
	return out
}

// orZero reads a missing stanza as an empty one.
func orZero[T any](p *T) *T {
	if p == nil {
		return new(T)
	}
	return p
}

func text(s *spec.String, otherwise string) string {
	if s == nil {
		return otherwise
	}
	return s.Value
}

func duration(d *spec.Duration, otherwise time.Duration) time.Duration {
	if d == nil {
		return otherwise
	}
	return d.Value
}

func path(p *spec.Path) []string {
	if p == nil {
		return nil
	}
	return p.Segments
}
