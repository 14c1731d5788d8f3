package main

import (
	"context"
	"io"
	"log/slog"
	"maps"
	"slices"

	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/runtime"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// loaded is what the files hold, compiled, and what was found about them. For lint,
// there is no engine.
type loaded struct {
	bundle *spec.Bundle
	engine *runtime.Engine
	found  diag.List
	// kinds are those that lint knew beside the ones in the bundle.
	kinds *schema.Set
}

// load reads and compiles definitions, and finds all their mistakes at once.
func (a *app) load(files []string) loaded {
	bundle, found := spec.Load(files, a.stdin)
	return a.compile(bundle, found, runtime.Compile)
}

// compile compiles what was read, and adds to what was found.
func (a *app) compile(bundle *spec.Bundle, found diag.List, how func(*spec.Bundle) (*runtime.Engine, diag.List)) loaded {
	a.settings.overrides.apply(bundle.Operators)
	engine, more := how(bundle)
	return loaded{bundle: bundle, engine: engine, found: append(found, more...).Sorted()}
}

// files are the names of all that was read, and of what could not be.
func (l loaded) files() []string {
	names := slices.Collect(maps.Keys(l.bundle.Sources))
	for _, d := range l.found {
		names = append(names, d.Subject.File)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// printFindings writes findings for people: the source line and a caret each.
func (a *app) printFindings(w io.Writer, l loaded) error {
	return a.printer(w, l.bundle.Sources).Print(l.found)
}

// printer writes findings for people.
func (a *app) printer(w io.Writer, sources map[string][]byte) *diag.Printer {
	return &diag.Printer{Out: w, Sources: sources, Color: colored(w, a.settings.color), Width: widthOf(w)}
}

// reportFindings tells what a run has found at load: as lint does, or as records
// where a machine reads the log.
func (a *app) reportFindings(log *slog.Logger, l loaded) error {
	if a.settings.logFormat != "json" {
		return a.printFindings(a.stderr, l)
	}
	for _, d := range l.found {
		log.Log(context.Background(), findingLevel(d.Severity), d.Message(),
			"rule", d.ID(), "file", d.Subject.File, "line", d.Subject.Start.Line, "column", d.Subject.Start.Column)
	}
	return nil
}

func findingLevel(s diag.Severity) slog.Level {
	switch s {
	case diag.Error:
		return slog.LevelError
	case diag.Warning:
		return slog.LevelWarn
	default:
		return slog.LevelInfo
	}
}
