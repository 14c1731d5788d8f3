package kube

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

var configMapKind = Resource{Version: "v1", Kind: "ConfigMap", Plural: "configmaps"}

func watchOf(text string) *Watch {
	// One byte at a time and a small buffer: events come in pieces.
	body := io.NopCloser(iotest.OneByteReader(strings.NewReader(text)))
	return &Watch{body: body, reader: bufio.NewReaderSize(body, 16), resource: configMapKind}
}

func TestNext(t *testing.T) {
	const one = `{"type":"ADDED","object":{"metadata":{"name":"one"}}}`
	const two = `{"object":{"metadata":{"name":"two"}},"type":"MODIFIED"}`
	tests := map[string]struct {
		text string
		want string
		end  error
	}{
		"nothing":             {"", "", io.EOF},
		"one per line":        {one + "\n" + two + "\n", "ADDED one, MODIFIED two", io.EOF},
		"no line break":       {one, "ADDED one", io.EOF},
		"blank lines":         {"\n\n" + one + "\n\n \n", "ADDED one", io.EOF},
		"on several lines":    {"{\n \"type\": \"ADDED\",\n \"object\": {\n  \"metadata\": {\"name\": \"one\"}\n }\n}\n" + two + "\n", "ADDED one, MODIFIED two", io.EOF},
		"cut within an event": {one + "\n" + two[:30], "ADDED one", io.ErrUnexpectedEOF},
		"no event":            {one + "\n[1]\n", "ADDED one", errNotObject},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := watchOf(test.text)
			var got []string
			for {
				event, err := w.Next()
				if err != nil {
					if !errors.Is(err, test.end) {
						t.Errorf("ended with %v, not %v", err, test.end)
					}
					break
				}
				got = append(got, string(event.Type)+" "+event.Object.Name)
			}
			if s := strings.Join(got, ", "); s != test.want {
				t.Errorf("got %s, want %s", s, test.want)
			}
		})
	}
}

func TestNextReturnsTheServersErrors(t *testing.T) {
	w := watchOf(`{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}`)
	if _, err := w.Next(); !apierrors.IsResourceExpired(err) || !strings.Contains(err.Error(), "too old") {
		t.Errorf("%v", err)
	}
}

// FuzzNext checks that no stream, however broken, makes Next panic or hang.
func FuzzNext(f *testing.F) {
	f.Add(`{"type":"ADDED","object":{"metadata":{"name":"one"}}}` + "\n")
	f.Add(`{"a":}`)
	f.Add("{\"type\":\"ERROR\",\"object\":\n{}")
	f.Fuzz(func(t *testing.T, text string) {
		w := watchOf(text)
		for range len(text) + 1 {
			if _, err := w.Next(); err != nil {
				return
			}
		}
		t.Errorf("more events than bytes in %q", text)
	})
}
