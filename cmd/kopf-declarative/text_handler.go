package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"
)

// textHandler writes log records as lines for people:
//
//	15:04:05 INFO  evc default/my-claim create_pvc  made the PVC  size=1Gi
//
// The attributes that say what a line is about (subjectKeys) stand in a column
// of their own in front of the message. An error ends the message, and all other
// attributes follow.
type textHandler struct {
	out   *alignedWriter
	level slog.Level
	paint painter
	// attrs are those of WithAttrs, their keys complete with their groups.
	attrs []slog.Attr
	group string
}

// errorKey is the attribute of the error that a line is about.
const errorKey = "error"

// subjectKeys are the attributes of the subject column, in its order.
var subjectKeys = []string{"operator", "object", "handler"}

// detailKeys are attributes that are shown only where something is wrong, or at
// the debug level: elsewhere the subject says enough.
var detailKeys = []string{"resource", "step", "at"}

func newTextHandler(w io.Writer, level slog.Level, color bool) *textHandler {
	return &textHandler{out: &alignedWriter{w: w}, level: level, paint: painter(color)}
}

// Enabled implements slog.Handler.
func (h *textHandler) Enabled(_ context.Context, level slog.Level) bool { return level >= h.level }

// WithGroup implements slog.Handler.
func (h *textHandler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	derived := *h
	derived.group = h.group + name + "."
	return &derived
}

// WithAttrs implements slog.Handler.
func (h *textHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	derived := *h
	derived.attrs = slices.Clip(h.attrs)
	for _, a := range attrs {
		derived.attrs = flatten(derived.attrs, h.group, a)
	}
	return &derived
}

// Handle implements slog.Handler.
func (h *textHandler) Handle(_ context.Context, r slog.Record) error {
	attrs := slices.Clip(h.attrs)
	r.Attrs(func(a slog.Attr) bool {
		attrs = flatten(attrs, h.group, a)
		return true
	})
	return h.out.line(h.head(r), h.subject(attrs), h.tail(r, attrs))
}

// head is the time and the level, always of the same width.
func (h *textHandler) head(r slog.Record) string {
	var b strings.Builder
	if !r.Time.IsZero() {
		b.WriteString(h.paint.dim(r.Time.Format(time.TimeOnly)) + " ")
	}
	b.WriteString(h.paint.level(r.Level, fmt.Sprintf("%-5s", r.Level)) + " ")
	return b.String()
}

// subject is what the line is about, with its width as people see it.
func (h *textHandler) subject(attrs []slog.Attr) cell {
	var texts []string
	for _, key := range subjectKeys {
		if i := slices.IndexFunc(attrs, func(a slog.Attr) bool { return a.Key == key }); i >= 0 {
			texts = append(texts, printable(attrs[i].Value.String()))
		}
	}
	text := strings.Join(texts, " ")
	return cell{text: h.paint.subject(text), width: utf8.RuneCountInString(text)}
}

// tail is the message and the attributes that the subject does not have.
func (h *textHandler) tail(r slog.Record, attrs []slog.Attr) string {
	message, rest := r.Message, &strings.Builder{}
	for _, a := range attrs {
		switch {
		case a.Key == errorKey:
			message += ": " + a.Value.String()
		case !h.hides(r.Level, a.Key):
			rest.WriteString("  " + h.paint.dim(a.Key+"=") + attrText(a.Value))
		}
	}
	return printable(message) + rest.String()
}

// hides tells whether an attribute is not shown behind a message of this level.
func (h *textHandler) hides(level slog.Level, key string) bool {
	calm := level < slog.LevelWarn && h.level > slog.LevelDebug
	return slices.Contains(subjectKeys, key) || calm && slices.Contains(detailKeys, key)
}

// flatten appends an attribute, groups taken apart into dotted keys.
func flatten(attrs []slog.Attr, group string, a slog.Attr) []slog.Attr {
	a.Value = a.Value.Resolve()
	if a.Equal(slog.Attr{}) {
		return attrs
	}
	if a.Value.Kind() != slog.KindGroup {
		return append(attrs, slog.Attr{Key: group + a.Key, Value: a.Value})
	}
	if a.Key != "" {
		group += a.Key + "."
	}
	for _, member := range a.Value.Group() {
		attrs = flatten(attrs, group, member)
	}
	return attrs
}

// attrText is a value as text, quoted where its end would not be seen.
func attrText(v slog.Value) string {
	text := v.String()
	if text == "" || strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || r == '"' || !unicode.IsPrint(r)
	}) {
		return strconv.Quote(text)
	}
	return text
}

// printable makes text safe for a terminal: what objects in the cluster say must
// neither move the cursor nor look like a log line of its own.
func printable(text string) string {
	if !strings.ContainsFunc(text, unicode.IsControl) {
		return text
	}
	var b strings.Builder
	for _, r := range strings.TrimRight(text, "\n") {
		switch {
		case r == '\n':
			b.WriteString("\n    ")
		case r == '\t':
			b.WriteRune(r)
		case unicode.IsControl(r):
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// cell is a text and its width on the screen, which colours do not add to.
type cell struct {
	text  string
	width int
}

// maxColumn is the widest that the subject column becomes for the sake of
// alignment; longer subjects push their message to the right.
const maxColumn = 48

// alignedWriter writes whole lines whose messages start in one column. The
// column is as wide as the widest subject so far.
type alignedWriter struct {
	// mu guards all below.
	mu     sync.Mutex
	w      io.Writer
	column int
	buf    bytes.Buffer
}

func (a *alignedWriter) line(head string, subject cell, tail string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.buf.Reset()
	a.buf.WriteString(head)
	if subject.width > 0 {
		a.column = max(a.column, min(subject.width, maxColumn))
		a.buf.WriteString(subject.text)
		a.buf.WriteString(strings.Repeat(" ", max(0, a.column-subject.width)+2))
	}
	a.buf.WriteString(tail)
	a.buf.WriteByte('\n')
	_, err := a.w.Write(a.buf.Bytes())
	return err
}

// painter colours text, or leaves it alone.
type painter bool

func (p painter) dim(text string) string { return p.sgr("2", text) }

func (p painter) subject(text string) string { return p.sgr("36", text) }

func (p painter) level(level slog.Level, text string) string {
	switch {
	case level >= slog.LevelError:
		return p.sgr("1;31", text)
	case level >= slog.LevelWarn:
		return p.sgr("33", text)
	case level >= slog.LevelInfo:
		return p.sgr("32", text)
	default:
		return p.dim(text)
	}
}

func (p painter) sgr(code, text string) string {
	if !bool(p) || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}
