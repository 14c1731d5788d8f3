package kube

import (
	"bytes"
	"encoding/json"
	"errors"
)

// The functions of this file walk JSON text without decoding it. They take the
// text to be well-formed, as what comes from an API server is: they never read
// past its end, but they do not report every mistake. Decoding does.

var errTruncated = errors.New("the JSON text ends too early")

// errNotObject says that a place which must hold an object holds another value.
var errNotObject = errors.New("not a JSON object")

// span is a stretch of a text: from its first byte to the one behind its last.
type span struct{ from, to int }

func (s span) of(text []byte) []byte { return text[s.from:s.to] }

func (s span) empty() bool { return s.from == s.to }

// field is one member of an object: where it starts, its key without quotes,
// and its value.
type field struct {
	from int
	key  []byte
	span
}

// fields calls visit for each member of the object at text[at:] and returns the
// place behind the object.
func fields(text []byte, at int, visit func(field) error) (int, error) {
	at = skipSpace(text, at)
	if at >= len(text) {
		return 0, errTruncated
	}
	if text[at] != '{' {
		return 0, errNotObject
	}
	at++
	for {
		at = skipSpace(text, at)
		if at >= len(text) {
			return 0, errTruncated
		}
		switch text[at] {
		case '}':
			return at + 1, nil
		case ',':
			at++
			continue
		}
		f, err := readField(text, at)
		if err != nil {
			return 0, err
		}
		if err := visit(f); err != nil {
			return 0, err
		}
		at = f.to
	}
}

func readField(text []byte, at int) (field, error) {
	f := field{from: at}
	if text[at] != '"' {
		return f, errors.New("a member of a JSON object has no quoted name")
	}
	end, err := skipString(text, at)
	if err != nil {
		return f, err
	}
	f.key = text[at+1 : end-1]
	at = skipSpace(text, end)
	if at >= len(text) {
		return f, errTruncated
	}
	if text[at] != ':' {
		return f, errors.New("a member of a JSON object has no colon")
	}
	f.span.from = skipSpace(text, at+1)
	f.to, err = skipValue(text, f.span.from)
	return f, err
}

// skipValue returns the place behind the value at text[at:].
func skipValue(text []byte, at int) (int, error) {
	if at >= len(text) {
		return 0, errTruncated
	}
	switch text[at] {
	case '"':
		return skipString(text, at)
	case '{', '[':
		return skipNested(text, at)
	case '}', ']', ',', ':':
		return 0, errors.New("a JSON value is missing")
	default:
		return skipLiteral(text, at), nil
	}
}

// skipNested returns the place behind the object or list at text[at:].
func skipNested(text []byte, at int) (int, error) {
	for depth := 0; at < len(text); at++ {
		switch text[at] {
		case '"':
			end, err := skipString(text, at)
			if err != nil {
				return 0, err
			}
			at = end - 1
		case '{', '[':
			depth++
		case '}', ']':
			depth--
			if depth == 0 {
				return at + 1, nil
			}
		}
	}
	return 0, errTruncated
}

// skipLiteral returns the place behind a number, true, false or null.
func skipLiteral(text []byte, at int) int {
	for at < len(text) {
		switch text[at] {
		case ',', '}', ']', ':', '"', '{', '[', ' ', '\t', '\n', '\r':
			return at
		}
		at++
	}
	return at
}

// skipString returns the place behind the closing quote of the string at
// text[at:].
func skipString(text []byte, at int) (int, error) {
	for at++; at < len(text); at++ {
		n := bytes.IndexByte(text[at:], '"')
		if n < 0 {
			break
		}
		at += n
		if !escaped(text, at) {
			return at + 1, nil
		}
	}
	return 0, errTruncated
}

// escaped tells whether an odd number of backslashes stands before text[at].
func escaped(text []byte, at int) bool {
	n := 0
	for at > n && text[at-n-1] == '\\' {
		n++
	}
	return n%2 == 1
}

func skipSpace(text []byte, at int) int {
	for at < len(text) {
		switch text[at] {
		case ' ', '\t', '\n', '\r':
			at++
		default:
			return at
		}
	}
	return at
}

// unquote returns the text of a JSON string, or "" for any other value.
func unquote(value []byte) string {
	if len(value) < 2 || value[0] != '"' {
		return ""
	}
	if bytes.IndexByte(value, '\\') < 0 {
		return string(value[1 : len(value)-1])
	}
	var s string
	if json.Unmarshal(value, &s) != nil {
		return ""
	}
	return s
}
