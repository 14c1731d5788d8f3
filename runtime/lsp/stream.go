package lsp

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"strconv"
	"strings"
	"sync"
	"time"
)

// maxMessage is the size of the largest message that is read.
const maxMessage = 64 << 20

// farewell is how long the end of the stream waits for answers that are due.
const farewell = time.Second

// stream carries messages as the protocol frames them: headers, of which one is
// the length, an empty line, and the message. Other than channel.LSP of jrpc2 it
// takes no notice of the content type, which clients spell in several ways, and
// believes no length that cannot be true. It ends at the notification exit, or
// where the input does; but all that was asked before is answered first.
type stream struct {
	in  *textproto.Reader
	out io.WriteCloser

	mu       sync.Mutex // guards what follows, and out
	due      int        // requests that have not been answered yet
	answered chan struct{}
}

func newStream(in io.Reader, out io.WriteCloser) *stream {
	return &stream{in: textproto.NewReader(bufio.NewReader(in)), out: out, answered: make(chan struct{})}
}

// errFraming is that of an input that is no stream of messages.
var errFraming = errors.New("this is not the Language Server Protocol")

// Recv reads a message. It implements channel.Channel, as do the others.
func (s *stream) Recv() ([]byte, error) {
	message, err := s.read()
	if err != nil {
		s.wait()
		return nil, err
	}
	var kind struct {
		ID     json.RawMessage
		Method string
	}
	if json.Unmarshal(message, &kind) != nil {
		return message, nil // jrpc2 tells what is wrong
	}
	switch {
	case kind.Method == "exit":
		s.wait()
		return nil, io.EOF
	case kind.Method != "" && len(kind.ID) > 0 && string(kind.ID) != "null":
		s.mu.Lock()
		s.due++
		s.mu.Unlock()
	}
	return message, nil
}

// wait waits until nothing is due any more, or the patience is at its end.
func (s *stream) wait() {
	timeout := time.After(farewell)
	for {
		s.mu.Lock()
		due, answered := s.due, s.answered
		s.mu.Unlock()
		if due == 0 {
			return
		}
		select {
		case <-answered:
		case <-timeout:
			return
		}
	}
}

func (s *stream) read() ([]byte, error) {
	header, err := s.in.ReadMIMEHeader()
	if errors.Is(err, io.EOF) && len(header) == 0 {
		return nil, io.EOF
	}
	if err != nil {
		return nil, s.refuse(fmt.Errorf("%w: %w", errFraming, err))
	}
	length, err := strconv.Atoi(strings.TrimSpace(header.Get("Content-Length")))
	if err != nil || length < 0 || length > maxMessage {
		return nil, s.refuse(fmt.Errorf("%w: Content-Length %q", errFraming, header.Get("Content-Length")))
	}
	message := make([]byte, length)
	if _, err := io.ReadFull(s.in.R, message); err != nil {
		return nil, io.EOF // the client is gone in the middle of it
	}
	return message, nil
}

// refuse tells the client why nothing more is read: where the next message
// begins is not known.
func (s *stream) refuse(why error) error {
	text, err := json.Marshal(why.Error())
	if err == nil {
		err = s.Send([]byte(`{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":` + string(text) + `}}`))
	}
	if err != nil {
		return err
	}
	return why
}

// Send writes a message.
func (s *stream) Send(message []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if isAnswer(message) && s.due > 0 {
		s.due--
		close(s.answered)
		s.answered = make(chan struct{})
	}
	_, err := fmt.Fprintf(s.out, "Content-Length: %d\r\n\r\n%s", len(message), message)
	return err
}

// isAnswer tells whether a message of jrpc2 is an answer. What the server asks itself
// has a number, too, and a method behind it.
func isAnswer(message []byte) bool {
	rest, ok := bytes.CutPrefix(message, []byte(`{"jsonrpc":"2.0","id":`))
	return ok && !bytes.HasPrefix(bytes.TrimLeft(rest, "0123456789"), []byte(`,"method":`))
}

// Close ends the stream.
func (s *stream) Close() error { return s.out.Close() }
