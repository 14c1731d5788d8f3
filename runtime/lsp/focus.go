package lsp

import (
	"regexp"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/runtime/lsp/outline"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// stretch is a part of a text, from one offset up to another.
type stretch struct{ from, to int }

func (s stretch) touches(other stretch) bool { return s.from <= other.to && other.from <= s.to }

func (s stretch) holds(r diag.Range) bool {
	return s.from <= r.Start.Offset && r.End.Offset <= s.to
}

// changed is what differs between two texts: the stretch in each.
func changed(before, after string) (old, now stretch) {
	n := min(len(before), len(after))
	from := 0
	for from < n && before[from] == after[from] {
		from++
	}
	behind := 0
	for behind < n-from && before[len(before)-1-behind] == after[len(after)-1-behind] {
		behind++
	}
	return stretch{from, len(before) - behind}, stretch{from, len(after) - behind}
}

// focus is a text in which only those handlers are left that an edit has touched,
// and what they need: all else of handlers is blank. What is left stands where it
// stood, so that findings about it can be taken as they are.
type focus struct {
	text []byte
	// within are the parts of the text about which findings count: the handlers
	// that were touched, or everything around handlers.
	within []stretch
	// frame says that the edit has touched more than handlers: then findings
	// outside of all handlers count, too.
	frame  bool
	blocks []stretch
}

// focusOn blanks all handlers, timers and so on that an edit has not touched.
func focusOn(content string, documents []*outline.Document, edit stretch) *focus {
	f := &focus{text: []byte(content), frame: true}
	needed := map[string]bool{}
	var items []*outline.Node
	for _, d := range documents {
		for _, item := range tasksOf(d.Root) {
			items = append(items, item)
			at := stretch{item.From, item.To}
			f.blocks = append(f.blocks, at)
			if !at.touches(edit) {
				continue
			}
			f.within = append(f.within, at)
			if at.from <= edit.from && edit.to <= at.to {
				f.frame = false
			}
			for _, id := range item.Get("needs").Values() {
				needed[id.Value()] = true
			}
			if id := item.Get("id"); id != nil {
				needed[id.Value()] = true // another one of this id is a mistake
			}
		}
	}
	left := map[*outline.Node]int{} // items of each list
	for _, item := range items {
		id := item.Get("id")
		isNeeded := id != nil && needed[id.Value()] || anchor.MatchString(content[item.From:item.To])
		if (stretch{item.From, item.To}).touches(edit) || isNeeded {
			left[item.Parent]++
			continue
		}
		f.blank(max(strings.LastIndexByte(content[:item.From], '-'), 0), item.To)
	}
	for _, item := range items {
		if list := item.Parent; left[list] == 0 && list.Field != nil {
			f.blank(list.Field.Key.From, list.Field.Colon+1) // a list without items
			left[list]++
		}
	}
	return f
}

// anchor finds a value that others may refer to.
var anchor = regexp.MustCompile(`(?m)(?:^|[\s\[{,])&[\w-]+`)

// blank replaces a stretch by spaces; lines stay.
func (f *focus) blank(from, to int) {
	for i := from; i < to; i++ {
		if c := f.text[i]; c != '\n' && c != '\r' {
			f.text[i] = ' '
		}
	}
}

// tasksOf are the handlers, timers, daemons and activities of an operator that
// are written in lines of their own.
func tasksOf(root *outline.Node) []*outline.Node {
	var out []*outline.Node
	for _, list := range []string{"handlers", "timers", "daemons", "startup", "cleanup"} {
		n := root.Get("spec", list)
		if n == nil || n.Kind != outline.Sequence || n.Style != outline.Plain {
			continue
		}
		out = append(out, n.Items...)
	}
	return out
}

// counts tells whether a finding about the focused text is one about the whole
// text. Those of rules that look at all handlers are not.
func (f *focus) counts(d *diag.Diagnostic) bool {
	if wide[d.ID()] {
		return false
	}
	for _, part := range f.within {
		if part.holds(d.Subject) {
			return true
		}
	}
	if !f.frame {
		return false
	}
	for _, block := range f.blocks {
		if block.touches(stretch{d.Subject.Start.Offset, d.Subject.End.Offset}) {
			return false
		}
	}
	return true
}

// wide are the rules that need all handlers, or all files, to tell whether they are broken.
var wide = map[string]bool{
	"unused-filter": true, "unused-resource": true, "unknown-handler": true, "needs-cycle": true, "disable-unused": true,
	"same-metric": true, "two-versions": true, "same-prefix": true, "same-finalizer": true,
}

// keep are the earlier findings about a text that still hold after an edit: those
// that the focused text tells nothing about, moved to where they stand now.
func (f *focus) keep(found diag.List, old, now stretch, after *text) diag.List {
	var out diag.List
	for _, d := range found {
		at := stretch{d.Subject.Start.Offset, d.Subject.End.Offset}
		if at.touches(old) {
			continue
		}
		moved := *d
		moved.Fix, moved.Context = nil, nil // they stand elsewhere, too
		if at.from >= old.to {
			moved.Subject = after.moved(d.Subject, now.to-old.to)
		}
		if !f.counts(&moved) {
			out = append(out, &moved)
		}
	}
	return out
}

// moved is a range so many bytes further on.
func (t *text) moved(r diag.Range, by int) diag.Range {
	r.Start.Offset += by
	r.End.Offset += by
	for _, p := range []*diag.Pos{&r.Start, &r.End} {
		at := t.position(p.Offset, utf32)
		p.Line, p.Column = at.Line+1, at.Character+1
	}
	return r
}
