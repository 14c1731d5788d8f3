package kube

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
)

// What asks for the objects' metadata only, in a list and in a watch. A watch that asks
// for lists ends at once.
const (
	acceptIdentities = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
	acceptIdentity   = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"
)

// List reads the objects of a resource, one page of them where the options
// have a limit, and calls each for every one while the answer still comes in:
// a list of any length is never held as a whole. It has no time limit but ctx.
func (c *Client) List(ctx context.Context, r Resource, namespace string, o metav1.ListOptions, each func(*Object) error) (metav1.ListMeta, error) {
	req := listParams(c.request(http.MethodGet, r, namespace), o)
	if c.identities {
		req.SetHeader("Accept", acceptIdentities)
		own := each
		each = func(o *Object) error { return own(o.identity()) }
	}
	body, err := req.Stream(streamed(ctx))
	if err != nil {
		return metav1.ListMeta{}, err
	}
	defer body.Close()
	l := lister{dec: json.NewDecoder(body), resource: r, each: each}
	err = l.read()
	if own := (*eachError)(nil); errors.As(err, &own) {
		return l.meta, own.err
	}
	if err != nil {
		return l.meta, unreadable("list", r, err)
	}
	return l.meta, nil
}

// lister reads a list.
type lister struct {
	dec      *json.Decoder
	resource Resource
	each     func(*Object) error
	meta     metav1.ListMeta
	text     json.RawMessage // reused for each item
}

// eachError is what the caller's function returned.
type eachError struct{ err error }

func (e *eachError) Error() string { return e.err.Error() }

func (l *lister) read() error {
	if err := l.expect(json.Delim('{')); err != nil {
		return err
	}
	for l.dec.More() {
		key, err := l.dec.Token()
		if err != nil {
			return err
		}
		switch key {
		case "metadata":
			err = l.dec.Decode(&l.meta)
		case "items":
			err = l.items()
		default:
			err = l.dec.Decode(&l.text)
		}
		if err != nil {
			return err
		}
	}
	return l.expect(json.Delim('}'))
}

func (l *lister) items() error {
	token, err := l.dec.Token()
	if err != nil || token == nil { // null
		return err
	}
	if token != json.Delim('[') {
		return errors.New("its items are not a list")
	}
	for l.dec.More() {
		if err := l.dec.Decode(&l.text); err != nil {
			return err
		}
		o, err := Pack(l.text, l.resource.GVK())
		if err != nil {
			return err
		}
		if err := l.each(o); err != nil {
			return &eachError{err}
		}
	}
	return l.expect(json.Delim(']'))
}

func (l *lister) expect(want json.Delim) error {
	token, err := l.dec.Token()
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	if err == nil && token != want {
		err = errors.New("it is not a JSON object with a list of items")
	}
	return err
}

// Watch opens a watch. It has no time limit but ctx and what the options say.
func (c *Client) Watch(ctx context.Context, r Resource, namespace string, o metav1.ListOptions) (*Watch, error) {
	o.Watch = true
	// The server would compress each event by itself, which costs both sides
	// more time than it saves.
	req := listParams(c.request(http.MethodGet, r, namespace), o).SetHeader("Accept-Encoding", "identity")
	if c.identities {
		req.SetHeader("Accept", acceptIdentity)
	}
	body, err := req.Stream(streamed(ctx))
	if err != nil {
		return nil, err
	}
	size := 64 << 10
	if namespace != "" { // there may be thousands of them
		size = 8 << 10
	}
	return &Watch{body: body, reader: bufio.NewReaderSize(body, size), resource: r, identities: c.identities}, nil
}

// Watch is an open watch. One goroutine may read it; any may close it.
type Watch struct {
	body     io.ReadCloser
	reader   *bufio.Reader
	resource Resource
	long     []byte // for events that are longer than the reader's buffer
	ended    bool   // nothing more can be read

	identities bool
}

// Event is one event of a watch. A bookmark's object has only metadata.
type Event struct {
	Type   watch.EventType
	Object *Object
}

// Close ends the watch.
func (w *Watch) Close() error { return w.body.Close() }

// Next waits for the next event. The error is io.EOF where the server ended the
// stream, an API error where the server sent one, and else what cut the stream.
func (w *Watch) Next() (Event, error) {
	w.long = w.long[:0]
	for {
		line, err := w.line()
		if err != nil {
			return Event{}, err
		}
		event, err := w.parse(line)
		if !errors.Is(err, errTruncated) {
			return event, err
		}
		if w.ended {
			return Event{}, io.ErrUnexpectedEOF
		}
		// Servers write one event per line; should one not do so, then the
		// event goes on in the next line.
		w.long = append(w.long[:0], line...)
	}
}

// line reads up to the end of a line, behind what is in w.long already. The
// result is valid until the next call.
func (w *Watch) line() ([]byte, error) {
	for {
		part, err := w.reader.ReadSlice('\n')
		switch {
		case err == nil && len(w.long) == 0:
			return part, nil
		case err == nil:
			w.long = append(w.long, part...)
			return w.long, nil
		case errors.Is(err, bufio.ErrBufferFull):
			w.long = append(w.long, part...)
		case errors.Is(err, io.EOF) && (len(part) > 0 || len(w.long) > 0):
			return w.last(part)
		default:
			return nil, err
		}
	}
}

// last is what stands behind the last line break.
func (w *Watch) last(part []byte) ([]byte, error) {
	w.ended = true
	w.long = append(w.long, part...)
	if skipSpace(w.long, 0) == len(w.long) {
		return nil, io.EOF
	}
	return w.long, nil
}

// parse reads one event.
func (w *Watch) parse(text []byte) (Event, error) {
	var event Event
	var object span
	_, err := fields(text, 0, func(f field) error {
		switch string(f.key) {
		case "type":
			event.Type = watch.EventType(unquote(f.of(text)))
		case "object":
			object = f.span
		}
		return nil
	})
	if err != nil {
		return Event{}, err
	}
	if event.Type == watch.Error {
		return Event{}, statusError(object.of(text))
	}
	event.Object, err = Pack(object.of(text), w.resource.GVK())
	if err == nil && w.identities && event.Type != watch.Bookmark {
		event.Object = event.Object.identity()
	}
	return event, err
}

// statusError is the error that the server sent in a stream.
func statusError(text []byte) error {
	var status metav1.Status
	if err := json.Unmarshal(text, &status); err != nil {
		return err
	}
	return &apierrors.StatusError{ErrStatus: status}
}
