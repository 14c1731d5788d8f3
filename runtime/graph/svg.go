package graph

import (
	"fmt"
	"html"
	"slices"
	"strings"
)

// style is how a kind of node looks. The colours of nodes are filled, and texts
// outside of nodes are grey, so that a picture can be read on a light and on a
// dark ground.
type style struct{ fill, stroke string }

var styles = map[NodeKind]style{
	Resource:   {"#dbeafe", "#3b82f6"},
	Handler:    {"#dcfce7", "#16a34a"},
	Subhandler: {"#ecfccb", "#65a30d"},
	Timer:      {"#fef3c7", "#d97706"},
	Daemon:     {"#ffedd5", "#ea580c"},
	Index:      {"#ede9fe", "#8b5cf6"},
	Startup:    {"#ccfbf1", "#0d9488"},
	Cleanup:    {"#ffe4e6", "#e11d48"},
	Probe:      {"#f1f5f9", "#64748b"},
}

const (
	ink       = "#0f172a" // on nodes
	faint     = "#475569" // on nodes
	grey      = "#77808c" // on the ground
	swatch    = 12.0
	legendGap = 20.0
)

// SVG is the graph as a picture, without anything from elsewhere.
func (g *Graph) SVG() string {
	p := arrange(g)
	d := &drawing{}
	legendY := p.height + 10
	height := legendY + swatch + margin
	p.width = max(p.width, p.legendWidth()+2*margin)
	d.line(`<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" role="img" aria-labelledby="kopf-graph-title kopf-graph-desc" font-family="Helvetica, Arial, 'Liberation Sans', sans-serif">`,
		p.width, height, p.width, height)
	d.line(`<title id="kopf-graph-title">%s</title>`, html.EscapeString(g.title()))
	d.line(`<desc id="kopf-graph-desc">%s</desc>`, html.EscapeString(strings.Join(g.sentences(), " ")))
	for _, f := range p.frames {
		d.line(`<rect x="%.0f" y="%.0f" width="%.0f" height="%.0f" rx="10" fill="%s" fill-opacity="0.07" stroke="%s" stroke-opacity="0.6"/>`, f.x, f.y, f.w, f.h, grey, grey)
		d.text(f.x+groupPad, f.y+groupTitle-6, titleSize, "start", grey, true, f.title)
	}
	for _, r := range p.routes {
		p.drawRoute(d, r)
	}
	for i := range g.Nodes {
		p.boxes[g.Nodes[i].ID].draw(d)
	}
	p.drawLegend(d, legendY)
	d.line(`</svg>`)
	return d.String()
}

type drawing struct{ strings.Builder }

func (d *drawing) line(format string, args ...any) { fmt.Fprintf(d, format+"\n", args...) }

func (d *drawing) text(x, y, size float64, anchor, color string, bold bool, s string) {
	weight := ""
	if bold {
		weight = ` font-weight="bold"`
	}
	d.line(`<text x="%.0f" y="%.1f" font-size="%.0f" text-anchor="%s" fill="%s"%s>%s</text>`, x, y, size, anchor, color, weight, html.EscapeString(s))
}

// draw draws a node.
func (b *box) draw(d *drawing) {
	s := styles[b.node.Kind]
	radius := 6.0
	if b.node.Kind == Resource {
		radius = 2
	}
	dash := ""
	if b.node.Open {
		dash = ` stroke-dasharray="4 3"`
	}
	d.line(`<rect x="%.0f" y="%.1f" width="%.0f" height="%.0f" rx="%.0f" fill="%s" stroke="%s" stroke-width="1.3"%s/>`, b.x, b.top(), b.w, b.h, radius, s.fill, s.stroke, dash)
	lines := float64(len(b.node.Lines))
	y := b.y + titleSize/2 - 2 - lines*lineHeight/2
	d.text(b.x+padding, y, titleSize, "start", ink, true, b.node.Title)
	for _, line := range b.node.Lines {
		y += lineHeight
		d.text(b.x+padding, y, lineSize, "start", faint, false, line)
	}
}

// drawRoute draws a line with its arrows and its label: straight beside the
// boxes, where labels stand, and curved between.
func (p *picture) drawRoute(d *drawing, r *route) {
	var path strings.Builder
	first, last := r.strands[0], r.strands[len(r.strands)-1]
	fmt.Fprintf(&path, "M%.0f %.1f", first.from.x+first.from.w, first.y1)
	for _, s := range r.strands {
		from, to := p.columns[s.from.rank], p.columns[s.to.rank]
		x1, x2 := from.x+from.w+from.rightZone, to.x-to.leftZone
		mid := (x1 + x2) / 2
		fmt.Fprintf(&path, "H%.0fC%.0f %.1f %.0f %.1f %.0f %.1fH%.0f", x1, mid, s.y1, mid, s.y2, x2, s.y2, to.x)
		if s.to.node == nil {
			fmt.Fprintf(&path, "H%.0f", to.x+to.w)
		}
	}
	dash := ""
	if r.Quiet {
		dash = ` stroke-dasharray="5 4"`
	}
	d.line(`<path d="%s" fill="none" stroke="%s" stroke-width="1.3"%s/>`, path.String(), grey, dash)
	atLeft, atRight := r.Back, r.Forth
	if r.reversed {
		atLeft, atRight = atRight, atLeft
	}
	if atLeft {
		d.arrow(first.from.x+first.from.w, first.y1, 8)
	}
	if atRight {
		d.arrow(last.to.x, last.y2, -8)
	}
	if label := first.labelAt(first.from); label != "" {
		d.text(first.from.x+first.from.w+labelGap, first.y1-4, lineSize, "start", grey, false, label)
	}
	if label := last.labelAt(last.to); label != "" {
		d.text(last.to.x-labelGap, last.y2-4, lineSize, "end", grey, false, label)
	}
}

// arrow draws an arrow that points to (x, y) and is so long.
func (d *drawing) arrow(x, y, length float64) {
	d.line(`<path d="M%.0f %.1fL%.0f %.1fL%.0f %.1fZ" fill="%s"/>`, x, y, x+length, y-4, x+length, y+4, grey)
}

type legendEntry struct {
	kind  NodeKind // empty for lines
	quiet bool
	text  string
}

// legendEntries explain what is in the picture.
func (p *picture) legendEntries() []legendEntry {
	var out []legendEntry
	for _, kind := range p.graph.kinds() {
		out = append(out, legendEntry{kind: kind, text: string(kind)})
	}
	for _, quiet := range []bool{false, true} {
		if !slices.ContainsFunc(p.routes, func(r *route) bool { return r.Quiet == quiet }) {
			continue
		}
		word := "starts or changes"
		if quiet {
			word = "is looked at"
		}
		out = append(out, legendEntry{quiet: quiet, text: word})
	}
	return out
}

func (e legendEntry) width() float64 {
	w := swatch
	if e.kind == "" {
		w = 2.2 * swatch
	}
	return w + 6 + width(e.text, lineSize, false) + legendGap
}

func (p *picture) legendWidth() float64 {
	sum := 0.0
	for _, e := range p.legendEntries() {
		sum += e.width()
	}
	return sum
}

func (p *picture) drawLegend(d *drawing, y float64) {
	x := margin
	for _, e := range p.legendEntries() {
		w := swatch
		if e.kind != "" {
			s := styles[e.kind]
			d.line(`<rect x="%.0f" y="%.0f" width="%.0f" height="%.0f" rx="2" fill="%s" stroke="%s"/>`, x, y, swatch, swatch, s.fill, s.stroke)
		} else {
			w = 2.2 * swatch
			dash := ""
			if e.quiet {
				dash = ` stroke-dasharray="5 4"`
			}
			d.line(`<path d="M%.0f %.0fH%.0f" stroke="%s" stroke-width="1.3"%s/>`, x, y+swatch/2, x+w-6, grey, dash)
			d.arrow(x+w, y+swatch/2, -8)
		}
		d.text(x+w+6, y+swatch-2, lineSize, "start", grey, false, e.text)
		x += e.width()
	}
}

// title is what the picture shows.
func (g *Graph) title() string {
	if len(g.Operators) == 1 {
		return "The operator " + g.Operators[0]
	}
	return "The operators " + strings.Join(g.Operators, ", ")
}

// sentences say the same as the picture, for those who do not see it.
func (g *Graph) sentences() []string {
	titles := map[string]string{}
	for _, n := range g.Nodes {
		titles[n.ID] = n.Title
	}
	var out []string
	for _, e := range g.Edges {
		verb, more := string(e.Kind), ""
		switch {
		case e.Kind == Triggers:
			verb, more = "starts", " ("+e.Label+")"
		case e.Kind == Needs:
			verb = "comes before"
		case e.Kind == LooksUp:
			verb = "is looked up by"
		case e.Kind == Reads:
			verb = "is read by"
		case e.Label != "":
			more = " (" + strings.TrimPrefix(e.Label, verb+" ") + ")"
		}
		out = append(out, titles[e.From]+" "+verb+" "+titles[e.To]+more+".")
	}
	return out
}
