package spec

import "github.com/kopf-declarative/kopf-declarative/spec/diag"

// TaskKind is a list of an operator's spec that holds handlers with steps.
type TaskKind string

// The kinds of tasks, by the words for one of them.
const (
	HandlerTask TaskKind = "handler"
	TimerTask   TaskKind = "timer"
	DaemonTask  TaskKind = "daemon"
	StartupTask TaskKind = "startup"
	CleanupTask TaskKind = "cleanup"
)

// Task is what runs steps, seen the same way for all kinds.
type Task struct {
	Kind  TaskKind
	ID    *String
	Range diag.Range
	// Resource and Match are empty for activities, which have no object.
	Resource []*Selector
	Match    *Match
	Work     *Work
	// Handler is set for those that are driven by changes and events.
	Handler *Handler
	given   keySet
}

// Tasks are all that run steps, in the order of the kinds and of the file.
func (s *OperatorSpec) Tasks() []Task {
	var out []Task
	for _, h := range s.Handlers {
		out = append(out, Task{HandlerTask, h.ID, h.Range, h.Resource, h.Match, &h.Work, h, h.given})
	}
	for _, t := range s.Timers {
		out = append(out, Task{TimerTask, t.ID, t.Range, t.Resource, t.Match, &t.Work, nil, t.given})
	}
	for _, d := range s.Daemons {
		out = append(out, Task{DaemonTask, d.ID, d.Range, d.Resource, d.Match, &d.Work, nil, d.given})
	}
	for _, a := range s.Startup {
		out = append(out, Task{StartupTask, a.ID, a.Range, nil, nil, &a.Work, nil, a.given})
	}
	for _, a := range s.Cleanup {
		out = append(out, Task{CleanupTask, a.ID, a.Range, nil, nil, &a.Work, nil, a.given})
	}
	return out
}

// IsBackground tells a task that runs beside the handling of changes.
func (t Task) IsBackground() bool { return t.Kind == TimerTask || t.Kind == DaemonTask }

// IsActivity tells a task that has no object.
func (t Task) IsActivity() bool { return t.Kind == StartupTask || t.Kind == CleanupTask }

// Walk visits all steps, those inside others too, outer ones first.
func (w *Work) Walk(visit func(*Step)) {
	walkSteps(w.Do, visit)
	walkSteps(w.OnFailure, visit)
}

func walkSteps(steps []*Step, visit func(*Step)) {
	for _, s := range steps {
		visit(s)
		walkSteps(s.Do, visit)
		if s.Repeat != nil {
			walkSteps(s.Repeat.Do, visit)
		}
		for _, sub := range s.Sub {
			sub.Walk(visit)
		}
	}
}
