package state

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/kopf-declarative/kopf-declarative/runtime/essence"
)

// The names of the notes about handlers that failed for good.
const (
	failedKey  = "failed-handlers"
	requestKey = "retry-requested"
)

// The sizes of the note of failed handlers, in bytes: all of the annotations of an object
// must fit into 256 KiB, and belong to others too.
const (
	messageLimit = 256
	failedLimit  = 4096
)

// FailedHandler is a handler that failed for good, and was not tried again since.
type FailedHandler struct {
	// Purpose is the reason of the cycle in which it failed.
	Purpose string `json:"purpose"`
	// Message is the last error, cut where it is long.
	Message string `json:"message,omitempty"`
	// Cycle is the number of the update in which it failed, where updates are counted.
	Cycle int `json:"cycle,omitempty"`
}

// Request is a user's wish that handlers be tried again.
type Request struct {
	Handlers []string `json:"handlers"`
	// At is when it was made, for people.
	At string `json:"at,omitempty"`
	// Begun: the handlers have begun anew, and are not to do so once more.
	Begun bool `json:"begun,omitempty"`
}

// Without is the request without these handlers.
func (r Request) Without(ids []string) Request {
	r.Handlers = slices.DeleteFunc(slices.Clone(r.Handlers), func(id string) bool { return slices.Contains(ids, id) })
	return r
}

// Failed are the handlers that failed for good, by their ids. A damaged note counts as
// none.
func (s Storage) Failed(obj map[string]any) map[string]FailedHandler {
	var out map[string]FailedHandler
	if err := json.Unmarshal([]byte(s.Noted(obj, failedKey)), &out); err != nil {
		return nil
	}
	return out
}

// SaveFailed makes a patch that notes these handlers as failed, and no others. It is nil
// where nothing changes.
func (s Storage) SaveFailed(obj map[string]any, failed map[string]FailedHandler) map[string]any {
	text := ""
	if len(failed) > 0 {
		text = failedText(failed)
	}
	return s.saveNote(obj, failedKey, text)
}

// failedText is the note, with shorter messages, or none, where it would be too long.
func failedText(failed map[string]FailedHandler) string {
	for _, limit := range []int{messageLimit, messageLimit / 8, 0} {
		short := maps.Clone(failed)
		for id, f := range short {
			f.Message = cutText(f.Message, limit)
			short[id] = f
		}
		text, err := json.Marshal(short)
		if err == nil && (len(text) <= failedLimit || limit == 0) {
			return string(text)
		}
	}
	return ""
}

// cutText cuts a text at a number of bytes without breaking a character.
func cutText(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit]
}

// Request is what is asked for on the object, and its text as it stands there: empty where
// nothing is asked for. A damaged one asks for nothing.
func (s Storage) Request(obj map[string]any) (r Request, text string) {
	text = s.Noted(obj, requestKey)
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return Request{}, text
	}
	return r, text
}

// SaveRequest makes a patch that leaves a request on the object; one for no handlers is
// removed. It is nil where nothing changes.
func (s Storage) SaveRequest(obj map[string]any, r Request) (map[string]any, error) {
	if len(r.Handlers) == 0 {
		return s.saveNote(obj, requestKey, ""), nil
	}
	text, err := json.Marshal(r)
	return s.saveNote(obj, requestKey, string(text)), err
}

// saveNote is Note where the text is another one than before; an empty one removes it.
func (s Storage) saveNote(obj map[string]any, name, text string) map[string]any {
	switch {
	case s.Noted(obj, name) == text:
		return nil
	case text == "":
		return erase(nil, obj, annotation(Key(s.Prefix, name, obj)))
	default:
		return s.Note(obj, name, text)
	}
}

// FailedPrefixes are the prefixes under which operators have noted failed handlers on an
// object, sorted.
func FailedPrefixes(obj map[string]any) []string {
	value, _ := essence.Lookup(obj, []string{"metadata", "annotations"})
	all, _ := value.(map[string]any)
	var out []string
	for key := range all {
		prefix, _, ok := strings.Cut(key, "/")
		if ok && key == Key(prefix, failedKey, obj) {
			out = append(out, prefix)
		}
	}
	slices.Sort(out)
	return out
}
