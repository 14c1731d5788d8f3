package spec

import (
	"cmp"
	"slices"
	"sort"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// Comment is a comment of a source.
type Comment struct {
	// Range is the comment from its # to the end of its line.
	Range diag.Range
	// Text is what stands behind the #, without the blanks around it.
	Text string
	// First says that nothing but comments stands before it.
	First bool
	// From and To are the lines that it is about: its own where it stands behind
	// something; else those of the value that begins in the next line. Both are 0
	// where nothing follows.
	From, To int
}

// Comments are the comments of a source that begin with a word. What looks like
// one inside a text is none.
func Comments(s Source, word string) []Comment {
	if !strings.Contains(string(s.Text), word) {
		return nil
	}
	src := newSource(s.Name, string(s.Text))
	c := &commentReader{src: src}
	for _, v := range (&report{}).readDocuments(src) {
		c.collect(v)
	}
	slices.SortFunc(c.texts, func(a, b diag.Range) int { return cmp.Compare(a.Start.Offset, b.Start.Offset) })
	var out []Comment
	for i := range src.lines {
		if found, ok := c.comment(i, word); ok {
			out = append(out, found)
		}
	}
	return out
}

type commentReader struct {
	src *source
	// texts are the ranges of all scalars, blocks those of fields and items.
	texts, blocks []diag.Range
}

func (c *commentReader) collect(v *Value) {
	if v.Kind != MapKind && v.Kind != ListKind {
		c.texts = append(c.texts, v.Range)
	}
	for _, item := range v.Items {
		c.blocks = append(c.blocks, item.Range)
		c.collect(item)
	}
	for _, f := range v.Fields {
		block := f.Key.Range
		if f.Value.Range.End.Offset > block.End.Offset {
			block.End = f.Value.Range.End
		}
		c.blocks = append(c.blocks, block)
		c.collect(f.Key)
		c.collect(f.Value)
	}
}

// line is the text of a line, by its number from 0, and where it begins.
func (c *commentReader) line(i int) (text string, start int) {
	start = c.src.lines[i]
	end := len(c.src.text)
	if i+1 < len(c.src.lines) {
		end = c.src.lines[i+1]
	}
	return strings.TrimRight(c.src.text[start:end], "\r\n"), start
}

func (c *commentReader) comment(i int, word string) (Comment, bool) {
	text, start := c.line(i)
	at := c.begins(text, start)
	if at < 0 || !strings.HasPrefix(strings.TrimLeft(text[at+1:], " \t"), word) {
		return Comment{}, false
	}
	out := Comment{
		Range: c.src.rangeOf(start+at, start+len(strings.TrimRight(text, " \t"))),
		Text:  strings.TrimSpace(text[at+1:]),
		First: c.onlyComments(i),
	}
	if strings.TrimSpace(text[:at]) != "" {
		out.From, out.To = i+1, i+1
		return out, true
	}
	out.From, out.To = c.below(i)
	return out, true
}

// begins is where in a line a comment begins, or -1.
func (c *commentReader) begins(text string, start int) int {
	for at := 0; at < len(text); at++ {
		if text[at] == '#' && (at == 0 || isBlank(text[at-1])) && !c.inText(start+at) {
			return at
		}
	}
	return -1
}

func (c *commentReader) inText(offset int) bool {
	i := sort.Search(len(c.texts), func(i int) bool { return c.texts[i].Start.Offset > offset })
	return i > 0 && offset < c.texts[i-1].End.Offset
}

func (c *commentReader) onlyComments(i int) bool {
	for before := range i {
		text, _ := c.line(before)
		if text = strings.TrimSpace(text); text != "" && text[0] != '#' && text != "---" {
			return false
		}
	}
	return true
}

// below are the lines of what begins in the next line that is not empty.
func (c *commentReader) below(i int) (from, to int) {
	for next := i + 1; next < len(c.src.lines); next++ {
		text, _ := c.line(next)
		if text = strings.TrimSpace(text); text == "" || text[0] == '#' {
			continue
		}
		from, to = next+1, next+1
		for _, block := range c.blocks {
			if block.Start.Line == from {
				to = max(to, block.End.Line)
			}
		}
		return from, to
	}
	return 0, 0
}
