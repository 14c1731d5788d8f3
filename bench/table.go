package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/bench/load"
)

// column is one figure of the table.
type column struct {
	title  string
	format string
	value  func(load.Result) float64
	// ratio shows the engine's figure also as a multiple of the floor's.
	ratio bool
}

var columns = []column{
	{"per second", "%.0f", load.Result.PerSecond, true},
	{"CPU ms per object", "%.2f", load.Result.CPUPerObject, true},
	{"server CPU ms", "%.2f", load.Result.ServerCPUPerObject, true},
	{"peak MiB", "%.0f", func(r load.Result) float64 { return r.PeakMiB }, false},
	{"idle CPU a minute, ms", "%.0f", func(r load.Result) float64 { return float64(r.IdleCPU.Milliseconds()) }, false},
	{"writes to the object", "%.2f", load.Result.ObjectWritesPerObject, false},
	{"all writes", "%.2f", load.Result.WritesPerObject, false},
	{"median ms", "%.0f", func(r load.Result) float64 { return float64(r.Median.Milliseconds()) }, false},
	{"99 % ms", "%.0f", func(r load.Result) float64 { return float64(r.P99.Milliseconds()) }, false},
}

// text is a figure as it is shown; what was not measured is left out.
func (c column) text(value float64) string {
	if math.IsInf(value, 0) || value == 0 && strings.HasSuffix(c.title, " ms") || value == 0 && strings.HasPrefix(c.title, "idle") {
		return ""
	}
	return fmt.Sprintf(c.format, value)
}

// table is Markdown: a row for each workload and operator, each figure the
// median of the rounds.
func table(selected []workload, measured map[key][]*load.Result) string {
	var b strings.Builder
	b.WriteString("| workload | objects | operator |")
	for _, c := range columns {
		b.WriteString(" " + c.title + " |")
		if c.ratio {
			b.WriteString(" ratio |")
		}
	}
	b.WriteString("\n| --- | --: | --- |" + strings.Repeat(" --: |", len(columns)+ratios()) + "\n")
	for _, w := range selected {
		for _, who := range []string{floor, engine} {
			if results := measured[key{w.name, who}]; len(results) > 0 {
				b.WriteString(row(w, who, results, measured[key{w.name, floor}]))
			}
		}
	}
	return b.String()
}

func ratios() int {
	n := 0
	for _, c := range columns {
		if c.ratio {
			n++
		}
	}
	return n
}

func row(w workload, who string, results, floors []*load.Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "| %s | %d | %s |", w.title, results[0].Objects, who)
	for _, c := range columns {
		value := median(results, c.value)
		b.WriteString(" " + c.text(value) + " |")
		switch {
		case !c.ratio:
		case who == floor || len(floors) == 0:
			b.WriteString(" |")
		default:
			fmt.Fprintf(&b, " %.2f |", value/median(floors, c.value))
		}
	}
	b.WriteString("\n")
	return b.String()
}

func median(results []*load.Result, value func(load.Result) float64) float64 {
	values := make([]float64, 0, len(results))
	for _, r := range results {
		values = append(values, value(*r))
	}
	slices.SortFunc(values, cmp.Compare)
	middle := len(values) / 2
	if len(values)%2 == 0 {
		return (values[middle-1] + values[middle]) / 2
	}
	return values[middle]
}
