package state

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/actions/patch"
	"github.com/kopf-declarative/kopf-declarative/runtime/essence"
)

// StoredEssence is the text of the essence that was handled last.
func (s Storage) StoredEssence(obj map[string]any) (text string, ok bool) {
	for _, place := range s.handledPlaces(obj) {
		if text, ok := storedText(obj, place); ok {
			return text, true
		}
	}
	return "", false
}

// SaveEssence makes a patch that stores an essence as handled. It is nil where
// this is stored already.
func (s Storage) SaveEssence(obj, e map[string]any) (map[string]any, error) {
	places := s.handledPlaces(obj)
	patch, err := s.saveAt(obj, places[0], e)
	if err != nil {
		return nil, err
	}
	if !s.Takeover {
		return patch, nil
	}
	// An older form would be read again by an older Kopf, as if it were true.
	for _, place := range s.olderHandled(obj) {
		patch = erase(patch, obj, place)
	}
	return patch, nil
}

// olderHandled are the forms under the own prefix that are not written.
func (s Storage) olderHandled(obj map[string]any) [][]string {
	own := s
	own.ReadAlso = nil
	return own.handledPlaces(obj)[1:]
}

// pending is how the essence is kept that a cycle began with: with a mark of
// the essence handled last that it is to be compared with. If another one is
// stored now, the cycle was ended by somebody else, who has left this behind: an
// operator in Python that had taken over meanwhile.
type pending struct {
	Essence json.RawMessage `json:"essence"`
	Since   *string         `json:"since"`
}

// StoredPending is the text of the essence that the current cycle began with,
// if it was interrupted. It is what the cycle will have handled at its end:
// what has changed meanwhile was not seen by the handlers that had succeeded
// before.
func (s Storage) StoredPending(obj map[string]any) (text string, ok bool) {
	stored, ok := storedText(obj, s.pendingPlace(obj))
	if !ok {
		return "", false
	}
	var p pending
	if json.Unmarshal([]byte(stored), &p) != nil || p.Since == nil || *p.Since != s.since(obj) {
		return "", false
	}
	return string(p.Essence), len(p.Essence) > 0
}

// SavePending makes a patch that stores the essence that a cycle began with.
// Purge removes it. It is nil where this is stored already.
func (s Storage) SavePending(obj, e map[string]any) (map[string]any, error) {
	text, err := essence.Encode(e)
	if err != nil {
		return nil, err
	}
	place := s.pendingPlace(obj)
	text = printable(place, fmt.Sprintf(`{"essence":%s,"since":"%s"}`+"\n", text, s.since(obj)))
	if current, ok := storedText(obj, place); ok && current == text {
		return nil, nil
	}
	return s.write(nil, obj, place, text), nil
}

// since marks the essence that is stored as handled; empty for none.
func (s Storage) since(obj map[string]any) string {
	stored, ok := s.StoredEssence(obj)
	if !ok {
		return ""
	}
	return shortDigest(stored)
}

func (s Storage) saveAt(obj map[string]any, place []string, e map[string]any) (map[string]any, error) {
	text, err := essence.Marshal(e)
	if err != nil {
		return nil, err
	}
	text = printable(place, text)
	if current, ok := storedText(obj, place); ok && sameEssence(current, text, e) {
		return nil, nil
	}
	return s.write(nil, obj, place, text), nil
}

// printable keeps the final newline for annotations only: nobody prints a
// status with kubectl.
func printable(place []string, text string) string {
	if place[0] == "status" {
		return strings.TrimSuffix(text, "\n")
	}
	return text
}

// sameEssence spares a write where only the form differs, as of an essence
// that an operator in Python has stored.
func sameEssence(current, text string, e map[string]any) bool {
	if current == text {
		return true
	}
	parsed, err := essence.Unmarshal(current)
	return err == nil && patch.Equal(parsed, e)
}

// storedText reads an essence's text. Both an empty text and null are no
// essence at all.
func storedText(obj map[string]any, place []string) (string, bool) {
	value, _ := essence.Lookup(obj, place)
	text, ok := value.(string)
	switch strings.TrimSpace(text) {
	case "", "null":
		return "", false
	default:
		return text, ok
	}
}
