package graph

import (
	"cmp"
	"math"
	"slices"
)

// The measures of a picture, in pixels.
const (
	titleSize    = 13.0
	lineSize     = 11.0
	lineHeight   = 15.0
	padding      = 11.0 // between the border of a node and its text
	nodeGap      = 22.0 // between nodes above each other
	passGap      = 14.0 // between a node and a line that passes it
	portGap      = 19.0 // between lines with labels at a node
	narrowPort   = 9.0  // between lines without
	leastCurve   = 54.0 // the width in which lines bend
	mostCurve    = 130.0
	steepness    = 0.2  // what is added to it for lines that go far up or down
	labelGap     = 13.0 // between a node and a label, for the arrow
	groupPad     = 16.0 // between the border of an operator and its nodes
	groupTitle   = 24.0 // above the nodes, for the operator's name
	groupGap     = 26.0
	margin       = 12.0
	widestLabel  = 260.0
	sweeps       = 12
	straightness = 16 // how much long lines want to be straight
)

// box is a node with a place, or a bend of a line that passes a column.
type box struct {
	node  *Node // nil for bends
	group string
	rank  int
	// order is its place in the column, of its group.
	order int
	// x is the left border, y the centre.
	x, y, w, h  float64
	left, right []*strand
}

// top and bottom are the borders.
func (b *box) top() float64    { return b.y - b.h/2 }
func (b *box) bottom() float64 { return b.y + b.h/2 }

// strand is a piece of a line, from one column to the next.
type strand struct {
	line     *route
	from, to *box
	// y1 and y2 are where it begins and ends.
	y1, y2 float64
}

// route is a line with its strands, which go from left to right. Reversed says
// that the line itself goes the other way.
type route struct {
	Line
	reversed bool
	strands  []*strand
}

// column has what stands below each other. zones are the widths beside it in
// which labels stand.
type column struct {
	boxes               []*box
	x, w                float64
	leftZone, rightZone float64
}

// picture is a graph with all its places.
type picture struct {
	graph         *Graph
	groups        []string
	boxes         map[string]*box
	routes        []*route
	columns       []*column
	frames        []frame
	width, height float64
}

// frame is the border around an operator.
type frame struct {
	title      string
	x, y, w, h float64
}

// arrange finds a place for everything: columns from left to right by what
// leads to what, and within them groups from top to bottom, one for each
// operator.
func arrange(g *Graph) *picture {
	p := &picture{graph: g, groups: g.groups(), boxes: map[string]*box{}}
	for i := range g.Nodes {
		n := &g.Nodes[i]
		p.boxes[n.ID] = &box{node: n, group: n.Operator}
	}
	p.rank()
	p.route()
	p.order()
	p.size()
	p.rowsY()
	p.ports()
	p.columnsX()
	p.border()
	return p
}

// rank gives each box its column, so that lines go to the right. Lines that
// would close a circle are turned round; those of what starts what come first,
// so that they are turned last.
func (p *picture) rank() {
	for _, l := range p.graph.Lines() {
		p.routes = append(p.routes, &route{Line: l})
	}
	for _, n := range p.graph.Nodes {
		if n.Kind != Resource {
			p.boxes[n.ID].rank = 1 // also what nothing starts
		}
	}
	started := p.graph.started()
	right := map[*box][]*box{}
	for strength := range weakest + 1 {
		for _, r := range p.routes {
			if r.strength(started) == strength {
				p.direct(r, right, strength == weakest)
			}
		}
	}
	p.leftmost()
}

// direct gives a line its direction: that of its own, unless this closes a
// circle or, where it may be either, stands against the columns.
func (p *picture) direct(r *route, right map[*box][]*box, either bool) {
	from, to := p.boxes[r.From], p.boxes[r.To]
	if leads(to, from, right, map[*box]bool{}) || either && from.rank >= to.rank && !leads(from, to, right, map[*box]bool{}) {
		r.reversed = true
		from, to = to, from
	}
	right[from] = append(right[from], to)
	push(from, right)
}

// leads tells whether lines go from one box to another.
func leads(from, to *box, right map[*box][]*box, seen map[*box]bool) bool {
	if from == to {
		return true
	}
	seen[from] = true
	return slices.ContainsFunc(right[from], func(next *box) bool { return !seen[next] && leads(next, to, right, seen) })
}

// push moves what is behind a box to the right of it.
func push(b *box, right map[*box][]*box) {
	for _, next := range right[b] {
		if next.rank <= b.rank {
			next.rank = b.rank + 1
			push(next, right)
		}
	}
}

// leftmost drops the columns that nothing stands in.
func (p *picture) leftmost() {
	used := map[int]bool{}
	last := 0
	for _, b := range p.boxes {
		used[b.rank] = true
		last = max(last, b.rank)
	}
	shift, at := map[int]int{}, 0
	for r := 0; r <= last; r++ {
		shift[r] = at
		if used[r] {
			at++
			p.columns = append(p.columns, &column{})
		}
	}
	for _, b := range p.boxes {
		b.rank = shift[b.rank]
	}
}

// ends are the boxes of a route, the left one first.
func (p *picture) ends(r *route) (from, to *box) {
	from, to = p.boxes[r.From], p.boxes[r.To]
	if r.reversed {
		return to, from
	}
	return from, to
}

// route cuts lines into strands, with a bend in each column that they pass.
func (p *picture) route() {
	for _, n := range p.graph.Nodes {
		b := p.boxes[n.ID]
		p.columns[b.rank].boxes = append(p.columns[b.rank].boxes, b)
	}
	for _, r := range p.routes {
		from, to := p.ends(r)
		group := from.group
		if group == "" {
			group = to.group
		}
		at := from
		for rank := from.rank + 1; rank < to.rank; rank++ {
			bend := &box{group: group, rank: rank}
			p.columns[rank].boxes = append(p.columns[rank].boxes, bend)
			p.strand(r, at, bend)
			at = bend
		}
		p.strand(r, at, to)
	}
}

func (p *picture) strand(r *route, from, to *box) {
	s := &strand{line: r, from: from, to: to}
	r.strands = append(r.strands, s)
	from.right, to.left = append(from.right, s), append(to.left, s)
}

// order sorts the boxes of each column so that few lines cross.
func (p *picture) order() {
	position := func(group string) int { return slices.Index(p.groups, group) }
	for _, c := range p.columns {
		slices.SortStableFunc(c.boxes, func(a, b *box) int { return position(a.group) - position(b.group) })
		c.number()
	}
	best, least := p.orders(), p.crossings()
	for i := range sweeps {
		for at := range p.columns {
			if i%2 == 1 {
				at = len(p.columns) - 1 - at
			}
			c := p.columns[at]
			wish := map[*box]float64{}
			for _, b := range c.boxes {
				wish[b] = b.wish(i%2 == 0)
			}
			slices.SortStableFunc(c.boxes, func(a, b *box) int {
				return cmp.Or(position(a.group)-position(b.group), cmp.Compare(wish[a], wish[b]))
			})
			c.number()
		}
		if n := p.crossings(); n < least {
			best, least = p.orders(), n
		}
	}
	for i, c := range p.columns {
		c.boxes = best[i]
		c.number()
	}
}

func (c *column) number() {
	for i, b := range c.boxes {
		b.order = i
	}
}

func (p *picture) orders() [][]*box {
	var out [][]*box
	for _, c := range p.columns {
		out = append(out, slices.Clone(c.boxes))
	}
	return out
}

// wish is where a box would like to stand: in the middle of what it is
// connected with on one side.
func (b *box) wish(left bool) float64 {
	sum, n := 0.0, 0
	if left {
		for _, s := range b.left {
			sum, n = sum+float64(s.from.order), n+1
		}
	} else {
		for _, s := range b.right {
			sum, n = sum+float64(s.to.order), n+1
		}
	}
	if n == 0 {
		return float64(b.order)
	}
	return sum / float64(n)
}

// crossings counts how often lines cross between columns.
func (p *picture) crossings() int {
	n := 0
	for _, c := range p.columns {
		var all []*strand
		for _, b := range c.boxes {
			all = append(all, b.right...)
		}
		for i, a := range all {
			for _, b := range all[i+1:] {
				if (a.from.order-b.from.order)*(a.to.order-b.to.order) < 0 {
					n++
				}
			}
		}
	}
	return n
}

// size gives boxes room for their texts and lines.
func (p *picture) size() {
	for _, b := range p.boxes {
		n := b.node
		b.w = width(n.Title, titleSize, true)
		for _, line := range n.Lines {
			b.w = max(b.w, width(line, lineSize, false))
		}
		b.w += 2 * padding
		b.h = 2*padding + titleSize + lineHeight*float64(len(n.Lines))
		for _, side := range [][]*strand{b.left, b.right} {
			b.h = max(b.h, b.gap(side)*float64(len(side)-1)+2*padding)
		}
	}
}

// gap is how far apart lines are at one side of a box.
func (b *box) gap(side []*strand) float64 {
	for _, s := range side {
		if s.labelAt(b) != "" {
			return portGap
		}
	}
	return narrowPort
}

// labelAt is the label that stands beside a box.
func (s *strand) labelAt(b *box) string {
	owner := s.line.From
	if s.line.AtTo {
		owner = s.line.To
	}
	if b.node == nil || b.node.ID != owner {
		return ""
	}
	return fitting(s.line.Label, lineSize, false, widestLabel)
}

// columnsX gives the columns their places, with room for the labels beside
// them.
func (p *picture) columnsX() {
	x := margin + groupPad
	for i, c := range p.columns {
		for _, b := range c.boxes {
			c.w = max(c.w, b.w)
			for _, s := range b.left {
				c.leftZone = max(c.leftZone, zone(s.labelAt(b)))
			}
			for _, s := range b.right {
				c.rightZone = max(c.rightZone, zone(s.labelAt(b)))
			}
		}
		x += c.leftZone
		if i > 0 {
			x += p.columns[i-1].curve()
		}
		c.x = x
		for _, b := range c.boxes {
			b.x, b.w = c.x, c.w
		}
		x += c.w + c.rightZone
	}
	p.width = x + groupPad + margin
}

// curve is the width in which the lines to the right of a column bend.
func (c *column) curve() float64 {
	far := 0.0
	for _, b := range c.boxes {
		for _, s := range b.right {
			far = max(far, math.Abs(s.y1-s.y2))
		}
	}
	return min(leastCurve+steepness*far, mostCurve)
}

func zone(label string) float64 {
	if label == "" {
		return labelGap
	}
	return width(label, lineSize, false) + 2*labelGap
}

// rowsY arranges each group by itself and puts them below each other.
func (p *picture) rowsY() {
	y := margin
	for _, group := range p.groups {
		var columns [][]*box
		for _, c := range p.columns {
			var inside []*box
			for _, b := range c.boxes {
				if b.group == group {
					inside = append(inside, b)
				}
			}
			columns = append(columns, inside)
		}
		settle(columns)
		closeGaps(columns)
		y = p.stack(group, columns, y) + groupGap
	}
	p.height = y - groupGap + margin
}

// settle finds heights at which lines are as straight as the distances allow.
func settle(columns [][]*box) {
	for _, boxes := range columns {
		space(boxes, func(*box) float64 { return 0 })
	}
	for i := range 3 * sweeps {
		for at := range columns {
			if i%2 == 1 {
				at = len(columns) - 1 - at
			}
			space(columns[at], func(b *box) float64 { return b.middle(i%2 == 0, i >= sweeps) })
		}
	}
}

// closeGaps moves together what is not connected: no height that nothing stands
// at is more than a gap.
func closeGaps(columns [][]*box) {
	var all []*box
	for _, boxes := range columns {
		all = append(all, boxes...)
	}
	slices.SortStableFunc(all, func(a, b *box) int { return cmp.Compare(a.top(), b.top()) })
	end, shift := math.Inf(1), 0.0
	for i, b := range all {
		if gap := b.top() - end; gap > nodeGap {
			shift += gap - nodeGap
		}
		if i == 0 || b.bottom() > end {
			end = b.bottom()
		}
		b.y -= shift
	}
}

// middle is the mean height of what a box is connected with inside its group.
func (b *box) middle(left, both bool) float64 {
	sum, n := 0.0, 0.0
	add := func(other *box) {
		if other.group == b.group {
			weight := 1.0
			if b.node == nil && other.node == nil {
				weight = straightness
			}
			sum, n = sum+weight*other.y, n+weight
		}
	}
	for _, s := range b.left {
		if left || both {
			add(s.from)
		}
	}
	for _, s := range b.right {
		if !left || both {
			add(s.to)
		}
	}
	if n == 0 {
		return b.y
	}
	return sum / n
}

// space puts boxes as near to where they want to be as their distances allow,
// in the order that they have: least squares, by pooling neighbours that want
// the same place.
func space(boxes []*box, wish func(*box) float64) {
	type pool struct {
		sum, n float64
		boxes  int
	}
	var pools []pool
	offsets := make([]float64, len(boxes))
	for i, b := range boxes {
		if i > 0 {
			offsets[i] = offsets[i-1] + distance(boxes[i-1], b)
		}
		pools = append(pools, pool{wish(b) - offsets[i], 1, 1})
		for len(pools) > 1 {
			last, before := pools[len(pools)-1], pools[len(pools)-2]
			if before.sum/before.n <= last.sum/last.n {
				break
			}
			pools = append(pools[:len(pools)-2], pool{before.sum + last.sum, before.n + last.n, before.boxes + last.boxes})
		}
	}
	i := 0
	for _, pool := range pools {
		for range pool.boxes {
			boxes[i].y = pool.sum/pool.n + offsets[i]
			i++
		}
	}
}

// distance is how far apart the centres of two boxes must be.
func distance(a, b *box) float64 {
	gap := nodeGap
	if a.node == nil || b.node == nil {
		gap = passGap
	}
	return (a.h+b.h)/2 + gap
}

// stack moves a group below what is there and returns where it ends.
func (p *picture) stack(group string, columns [][]*box, y float64) float64 {
	top, bottom := math.Inf(1), math.Inf(-1)
	for _, boxes := range columns {
		for _, b := range boxes {
			top, bottom = min(top, b.top()), max(bottom, b.bottom())
		}
	}
	shift, end := y-top, bottom-top+y
	if group != "" {
		shift += groupTitle + groupPad/2
		end = bottom + shift + groupPad
		p.frames = append(p.frames, frame{title: group, y: y, h: end - y})
	}
	for _, boxes := range columns {
		for _, b := range boxes {
			b.y = math.Round(b.y + shift)
		}
	}
	return end
}

// border draws the frames of operators around their boxes and the labels beside
// them.
func (p *picture) border() {
	for i := range p.frames {
		f := &p.frames[i]
		left, right := math.Inf(1), math.Inf(-1)
		for _, b := range p.boxes {
			if b.group != f.title {
				continue
			}
			l, r := b.beside()
			left, right = min(left, b.x-l), max(right, b.x+b.w+r)
		}
		f.x, f.w = left-groupPad, max(right-left, width(f.title, titleSize, true))+2*groupPad
		p.width = max(p.width, f.x+f.w+margin)
	}
}

// beside are the widths of the labels at both sides of a box.
func (b *box) beside() (left, right float64) {
	for _, s := range b.left {
		if label := s.labelAt(b); label != "" {
			left = max(left, zone(label)-labelGap)
		}
	}
	for _, s := range b.right {
		if label := s.labelAt(b); label != "" {
			right = max(right, zone(label)-labelGap)
		}
	}
	return left, right
}

// ports spreads the lines over the sides of the boxes, in the order in which
// they come.
func (p *picture) ports() {
	for _, c := range p.columns {
		for _, b := range c.boxes {
			slices.SortStableFunc(b.left, func(s, t *strand) int { return cmp.Compare(s.from.y, t.from.y) })
			slices.SortStableFunc(b.right, func(s, t *strand) int { return cmp.Compare(s.to.y, t.to.y) })
			for i, s := range b.left {
				s.y2 = b.port(b.left, i)
			}
			for i, s := range b.right {
				s.y1 = b.port(b.right, i)
			}
		}
	}
}

func (b *box) port(side []*strand, i int) float64 {
	if b.node == nil {
		return b.y
	}
	gap := b.gap(side)
	if n := float64(len(side)); n > 1 && gap < portGap {
		gap = min(portGap, (b.h-2*padding)/(n-1))
	}
	return b.y + gap*(float64(i)-float64(len(side)-1)/2)
}
