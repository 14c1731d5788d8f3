package spec

import (
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// readDocuments returns the documents of a source that could be read, empty
// ones left out.
func (r *report) readDocuments(src *source) []*Value {
	if !r.checkCharacters(src) {
		return nil
	}
	var out []*Value
	for _, c := range src.chunks() {
		out = append(out, r.readChunk(c)...)
	}
	return out
}

// readChunk reads the documents of a chunk: one, or none where there are only
// comments.
func (r *report) readChunk(c *chunk) []*Value {
	var out []*Value
	decoder := yaml.NewDecoder(strings.NewReader(c.src.text[c.start:c.end]))
	for {
		var n yaml.Node
		err := decoder.Decode(&n)
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			r.syntaxError(c, decoder, err)
			return nil // what stands before is a part of what was meant
		}
		if v := newBuilder(r, c).value(n.Content[0]); v.Kind != Null {
			out = append(out, v)
		}
	}
}

// checkCharacters finds what no YAML text may hold. The library would stop at
// it too, without a place.
func (r *report) checkCharacters(src *source) bool {
	for at := 0; at < len(src.text); {
		c, n := utf8.DecodeRuneInString(src.text[at:])
		switch {
		case c == utf8.RuneError && n == 1:
			r.add(ruleEncoding, src.rangeOf(at, at), "the text is not in UTF-8: byte 0x%02x", src.text[at])
			return false
		case !isPrintable(c):
			r.add(ruleEncoding, src.rangeOf(at, at+n), "%U is not allowed in YAML; in double quotes it can be written as an escape", c)
			return false
		}
		at += n
	}
	return true
}

// isPrintable is YAML's set of characters.
func isPrintable(c rune) bool {
	switch {
	case c == '\t', c == '\n', c == '\r', c == 0x85:
		return true
	case c < 0x20, c > 0x7e && c < 0xa0:
		return false
	default:
		return c != 0xfffe && c != 0xffff
	}
}
